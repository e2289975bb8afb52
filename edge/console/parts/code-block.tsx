import { useEffect, useState } from "preact/hooks";
import { t } from "../state/language.ts";
import { toast } from "../state/toasts.ts";
import { IconButton } from "./button.tsx";

/** Longer code is shown without colours. */
const colouredCharacters = 30_000;

/** Code on dark with its language and a button that copies it. Colours come a moment later, when it no longer grows. */
export function CodeBlock({
  code,
  language,
  growing,
}: {
  code: string;
  language?: string | undefined;
  growing?: boolean;
}) {
  const [html, setHtml] = useState<{ code: string; html: string }>();
  useEffect(() => {
    if (growing || !language || code.length > colouredCharacters) return undefined;
    let wanted = true;
    void import("./highlight.ts").then(async ({ highlight }) => {
      const coloured = await highlight(code, language);
      if (wanted && coloured !== undefined) setHtml({ code, html: coloured });
    });
    return () => {
      wanted = false;
    };
  }, [code, language, growing]);
  const copy = async () => {
    await navigator.clipboard.writeText(code);
    toast("success", t("copied"));
  };
  return (
    <figure class="code">
      <figcaption>
        <span>{language || t("code")}</span>
        <IconButton icon="copy" label={t("copyCode")} onClick={copy} />
      </figcaption>
      {html?.code === code ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus
        <pre tabIndex={0} dangerouslySetInnerHTML={{ __html: `<code>${html.html}</code>` }} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus
        <pre tabIndex={0}>
          <code>{code}</code>
        </pre>
      )}
    </figure>
  );
}
