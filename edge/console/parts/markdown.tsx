import DOMPurify from "dompurify";
import { Marked, type Token, type Tokens } from "marked";
import { memo } from "../state/memo.ts";
import { CodeBlock } from "./code-block.tsx";

const escapes: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? "");
}

/** HTML in a text is text. A picture of somewhere else is a link: showing it would tell its server who reads. */
const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }: { text: string }) => escapeHtml(text),
    image: ({ href, text }: Tokens.Image) =>
      `<a href="${escapeHtml(href)}">🖼 ${escapeHtml(text || href)}</a>`,
  },
});

const allowed = {
  ALLOWED_TAGS: [
    ..."a b blockquote br code del em h1 h2 h3 h4 h5 h6 hr i li ol p pre s strong sub sup table tbody td th".split(
      " ",
    ),
    ..."thead tr ul input".split(" "),
  ],
  ALLOWED_ATTR: ["href", "title", "align", "start", "type", "checked", "disabled"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
};

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A") {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer nofollow");
  }
  // A list of tasks has boxes that can't be pressed; nothing else may be an input.
  if (node.tagName === "INPUT") {
    if (node.getAttribute("type") !== "checkbox") node.remove();
    else node.setAttribute("disabled", "");
  }
});

/** Markdown of anybody, made safe. Each block is drawn again only when its text changes, so that a reply can grow. */
export function Markdown({ text, growing }: { text: string; growing?: boolean }) {
  const tokens = marked.lexer(text);
  return (
    <div class="markdown">
      {tokens.map((token, index) => (
        <Block key={index} token={token} raw={token.raw} growing={growing && index === tokens.length - 1} />
      ))}
    </div>
  );
}

interface BlockProps {
  token: Token;
  raw: string;
  growing: boolean | undefined;
}

const Block = memo(
  ({ token, growing }: BlockProps) => {
    if (token.type === "space") return null;
    if (token.type === "code") {
      const { text, lang } = token as Tokens.Code;
      return <CodeBlock code={text} language={lang?.split(/\s/)[0]} growing={growing ?? false} />;
    }
    const html = DOMPurify.sanitize(marked.parser([token]), allowed);
    const table = token.type === "table";
    return (
      <div
        class={table ? "block table" : "block"}
        tabIndex={table ? 0 : undefined}
        dangerouslySetInnerHTML={{ __html: html }}
      />
    );
  },
  (before, after) => before.raw === after.raw && before.growing === after.growing,
);
