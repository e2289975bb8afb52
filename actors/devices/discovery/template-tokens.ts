import { TemplateError } from "./template-error.ts";

/** A token of a template: text outside of braces, a brace, or a token of an expression. */
export interface Token {
  kind: "text" | "{{" | "{%" | "end" | "string" | "number" | "name" | "symbol";
  text: string;
}

const symbols = ["==", "!=", "<=", ">=", "//", "**", ..."()[].,|+-*/%~<>=".split("")];
const word = /[A-Za-z_]\w*/y;
const digits = /\d+(?:\.\d+)?/y;

/** @throws TemplateError for an invalid character or unclosed braces */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const open = nextOpen(text, at);
    if (open > at) tokens.push({ kind: "text", text: text.slice(at, open) });
    if (open >= text.length) break;
    const brace = text.slice(open, open + 2);
    if (brace === "{#") {
      at = endOf(text, "#}", open) + 2;
      continue;
    }
    const start = text[open + 2] === "-" ? open + 3 : open + 2;
    if (start === open + 3) trimLast(tokens);
    tokens.push({ kind: brace as "{{" | "{%", text: brace });
    at = readExpression(text, start, brace === "{{" ? "}}" : "%}", tokens);
    if (text.slice(at - 3, at - 2) === "-") while (/\s/.test(text[at] ?? "")) at += 1;
  }
  return tokens;
}

/** Reads tokens up to the closing brace; returns the offset after it. */
function readExpression(text: string, from: number, close: string, tokens: Token[]): number {
  let at = from;
  for (;;) {
    while (/\s/.test(text[at] ?? "")) at += 1;
    if (at >= text.length) throw new TemplateError(`${close} is missing`);
    if (text.startsWith(close, at) || text.startsWith(`-${close}`, at)) {
      tokens.push({ kind: "end", text: close });
      return at + (text[at] === "-" ? 3 : 2);
    }
    const token = readToken(text, at);
    tokens.push(token.token);
    at = token.end;
  }
}

function readToken(text: string, at: number): { token: Token; end: number } {
  const char = text[at] ?? "";
  if (char === '"' || char === "'") {
    const end = endOf(text, char, at + 1);
    return { token: { kind: "string", text: text.slice(at + 1, end) }, end: end + 1 };
  }
  for (const [kind, pattern] of [["number", digits] as const, ["name", word] as const]) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return { token: { kind, text: match[0] }, end: at + match[0].length };
  }
  const symbol = symbols.find((one) => text.startsWith(one, at));
  if (symbol === undefined) throw new TemplateError(`unexpected ${char}`);
  return { token: { kind: "symbol", text: symbol }, end: at + symbol.length };
}

function nextOpen(text: string, from: number): number {
  const found = ["{{", "{%", "{#"].map((open) => text.indexOf(open, from)).filter((at) => at >= 0);
  return found.length === 0 ? text.length : Math.min(...found);
}

function endOf(text: string, close: string, from: number): number {
  const end = text.indexOf(close, from);
  if (end < 0) throw new TemplateError(`${close} is missing`);
  return end;
}

function trimLast(tokens: Token[]): void {
  const last = tokens.at(-1);
  if (last?.kind === "text") last.text = last.text.trimEnd();
}
