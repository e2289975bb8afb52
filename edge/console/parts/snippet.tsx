import { t } from "../state/language.ts";
import { attempt, toast } from "../state/toasts.ts";
import { IconButton } from "./button.tsx";

/** Text to paste somewhere, with a button that copies it. */
export function Snippet({ text }: { text: string }) {
  const copy = async () => {
    if (await attempt(() => navigator.clipboard.writeText(text))) toast("success", t("copied"));
  };
  return (
    <div class="snippet-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus */}
      <pre class="snippet" tabIndex={0}>
        {text}
      </pre>
      <IconButton icon="copy" label={t("copy")} onClick={copy} />
    </div>
  );
}
