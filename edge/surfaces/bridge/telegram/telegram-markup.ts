import { lexer, type Token, type Tokens } from "marked";

/** Longest text parsed as Markdown; longer ones are sent as plain text. */
const mostChars = 8_192;

/**
 * Converts Markdown to Telegram's HTML (core.telegram.org/bots/api#html-style), which supports only bold,
 * italics, code, links and quotations: headings become bold, lists get bullets, tables remain text. Undefined
 * for a text without markup.
 */
export function telegramHtml(markdown: string): string | undefined {
  if (markdown.length > mostChars) return undefined;
  const html = blocks(lexer(markdown, { gfm: true }))
    .replace(/\n{3,}/g, "\n\n")
    .trim();
  return html === escaped(markdown.trim()) ? undefined : html;
}

function blocks(tokens: Token[] | undefined): string {
  return (tokens ?? []).map(block).join("");
}

function block(token: Token): string {
  switch (token.type) {
    case "space":
      return "\n";
    case "heading":
      return `<b>${inlines((token as Tokens.Heading).tokens)}</b>\n\n`;
    case "paragraph":
      return `${inlines((token as Tokens.Paragraph).tokens)}\n\n`;
    case "code":
      return `${codeBlock(token as Tokens.Code)}\n\n`;
    case "blockquote":
      return `<blockquote>${blocks((token as Tokens.Blockquote).tokens).trim()}</blockquote>\n\n`;
    case "list":
      return `${list(token as Tokens.List)}\n`;
    case "table":
      return `<pre>${escaped(token.raw.trim())}</pre>\n\n`;
    case "hr":
      return "———\n\n";
    case "text": {
      const { tokens, text } = token as Tokens.Text;
      return tokens === undefined ? escaped(text) : inlines(tokens);
    }
    default:
      return escaped(token.raw);
  }
}

function codeBlock({ text, lang = "" }: Tokens.Code): string {
  const language = /^[\w+#-]+/.exec(lang)?.[0];
  return language === undefined
    ? `<pre>${escaped(text)}</pre>`
    : `<pre><code class="language-${escaped(language)}">${escaped(text)}</code></pre>`;
}

function list({ items, ordered, start }: Tokens.List): string {
  return items
    .map((item, index) => {
      const sign = ordered ? `${Number(start || 1) + index}.` : "•";
      const lines = blocks(item.tokens).trim().split("\n");
      return `${sign} ${lines.join("\n  ")}\n`;
    })
    .join("");
}

function inlines(tokens: Token[] | undefined): string {
  return (tokens ?? []).map(inline).join("");
}

function inline(token: Token): string {
  switch (token.type) {
    case "strong":
      return `<b>${inlines((token as Tokens.Strong).tokens)}</b>`;
    case "em":
      return `<i>${inlines((token as Tokens.Em).tokens)}</i>`;
    case "del":
      return `<s>${inlines((token as Tokens.Del).tokens)}</s>`;
    case "codespan":
      return `<code>${escaped((token as Tokens.Codespan).text)}</code>`;
    case "link":
      return link(token as Tokens.Link);
    case "image":
      return link({ ...(token as Tokens.Image), tokens: [] } as unknown as Tokens.Link);
    case "br":
      return "\n";
    case "escape":
    case "text":
      return escaped((token as Tokens.Text).text);
    default:
      return escaped(token.raw);
  }
}

function link({ href, text, tokens }: Tokens.Link): string {
  const shown = tokens.length > 0 ? inlines(tokens) : escaped(text || href);
  return /^(https?|tg|mailto):/i.test(href) ? `<a href="${escaped(href)}">${shown}</a>` : shown;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
