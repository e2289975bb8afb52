import { TemplateError } from "./template-error.ts";
import { type Token, tokensOf } from "./template-tokens.ts";
import { hasFilter } from "./template-values.ts";

/** An expression as a tree. */
export type Expression =
  | { kind: "literal"; value: string | number | boolean | null }
  | { kind: "list"; items: Expression[] }
  | { kind: "name"; name: string }
  | { kind: "member"; of: Expression; key: Expression }
  | { kind: "call"; of: Expression; name: string; args: Expression[] }
  | { kind: "filter"; of: Expression; name: string; args: Expression[] }
  | { kind: "not" | "minus"; of: Expression }
  | { kind: "and" | "or"; left: Expression; right: Expression }
  | { kind: "binary"; operator: string; left: Expression; right: Expression }
  | { kind: "choice"; when: Expression; then: Expression; otherwise: Expression | undefined };

/** One part of a template. */
export type Part =
  | { kind: "text"; text: string }
  | { kind: "output"; expression: Expression }
  | { kind: "set"; name: string; expression: Expression }
  | { kind: "if"; branches: { when: Expression | null; parts: Part[] }[] };

const charsAtMost = 4_096;
const depthAtMost = 32;
const literals: Record<string, true | false | null> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};
const names = new Set(["value", "value_json", "this", "entity_id", "name"]);
/** Operators by precedence, lowest first. */
const levels = [["==", "!=", "<", "<=", ">", ">=", "in"], ["~"], ["+", "-"], ["*", "/", "//", "%"], ["**"]];

/** @throws TemplateError naming the unsupported part */
export function parseTemplate(text: string): Part[] {
  if (text.length > charsAtMost) throw new TemplateError(`longer than ${charsAtMost} characters`);
  return new Parser(tokensOf(text)).template();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #variables = new Set(names);
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  template(): Part[] {
    const parts = this.#parts([]);
    if (this.#peek() !== undefined) throw new TemplateError(`unexpected ${this.#peek()?.text}`);
    return parts;
  }

  #parts(ends: readonly string[]): Part[] {
    const parts: Part[] = [];
    for (let token = this.#peek(); token !== undefined; token = this.#peek()) {
      if (token.kind === "text") {
        this.#at += 1;
        parts.push({ kind: "text", text: token.text });
      } else if (token.kind === "{{") {
        this.#at += 1;
        parts.push({ kind: "output", expression: this.#expression() });
        this.#expect("}}");
      } else if (token.kind === "{%") {
        const word = this.#tokens[this.#at + 1]?.text ?? "";
        if (ends.includes(word)) return parts;
        this.#at += 2;
        parts.push(this.#statement(word));
      } else throw new TemplateError(`unexpected ${token.text}`);
    }
    return parts;
  }

  #statement(word: string): Part {
    if (word === "set") {
      const name = this.#take("name").text;
      this.#expect("=");
      const expression = this.#expression();
      this.#expect("%}");
      this.#variables.add(name);
      return { kind: "set", name, expression };
    }
    if (word !== "if") throw new TemplateError(`statement ${word}`);
    const branches: { when: Expression | null; parts: Part[] }[] = [];
    for (let next = "if"; next !== "endif"; ) {
      const when = next === "else" ? null : this.#expression();
      this.#expect("%}");
      this.#nested(() => branches.push({ when, parts: this.#parts(["elif", "else", "endif"]) }));
      this.#expect("{%");
      next = this.#take("name").text;
    }
    this.#expect("%}");
    return { kind: "if", branches };
  }

  #expression(): Expression {
    return this.#nested(() => {
      const then = this.#or();
      if (!this.#accept("if")) return then;
      const when = this.#or();
      return { kind: "choice", when, then, otherwise: this.#accept("else") ? this.#expression() : undefined };
    });
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#accept("or")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#accept("and")) left = { kind: "and", left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    return this.#accept("not") ? this.#nested(() => ({ kind: "not", of: this.#not() })) : this.#binary(0);
  }

  #binary(level: number): Expression {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const negated = operators.includes("in") && this.#peek()?.text === "not";
      const operator = negated ? "in" : operators.find((one) => this.#peek()?.text === one);
      if (operator === undefined || this.#peek()?.kind === "string") return left;
      this.#at += negated ? 2 : 1;
      const binary: Expression = { kind: "binary", operator, left, right: this.#binary(level + 1) };
      left = negated ? { kind: "not", of: binary } : binary;
    }
  }

  #unary(): Expression {
    if (this.#accept("-")) return this.#nested(() => ({ kind: "minus", of: this.#unary() }));
    let of = this.#primary();
    for (;;) {
      if (this.#accept(".")) {
        const { text } = this.#take("name", "number");
        if (this.#accept("("))
          of = { kind: "call", of, name: this.#allowed(`.${text}`, text), args: this.#args() };
        else of = { kind: "member", of, key: { kind: "literal", value: text } };
      } else if (this.#accept("[")) {
        of = { kind: "member", of, key: this.#expression() };
        this.#expect("]");
      } else if (this.#accept("|")) {
        const name = this.#take("name").text;
        of = {
          kind: "filter",
          of,
          name: this.#allowed(name, name),
          args: this.#accept("(") ? this.#args() : [],
        };
      } else if (this.#accept("is")) {
        const negated = this.#accept("not");
        const name = `is ${this.#take("name").text}`;
        const filter: Expression = { kind: "filter", of, name: this.#allowed(name, name), args: [] };
        of = negated ? { kind: "not", of: filter } : filter;
      } else return of;
    }
  }

  #primary(): Expression {
    const token = this.#peek();
    this.#at += 1;
    if (token?.kind === "string") return { kind: "literal", value: token.text };
    if (token?.kind === "number") return { kind: "literal", value: Number(token.text) };
    if (token?.text === "(") {
      const inner = this.#expression();
      this.#expect(")");
      return inner;
    }
    if (token?.text === "[") return { kind: "list", items: this.#list("]") };
    if (token?.kind !== "name") throw new TemplateError(`unexpected ${token?.text ?? "end"}`);
    if (Object.hasOwn(literals, token.text)) return { kind: "literal", value: literals[token.text] ?? null };
    if (this.#peek()?.text === "(") throw new TemplateError(`function ${token.text}`);
    if (!this.#variables.has(token.text)) throw new TemplateError(`variable ${token.text}`);
    return { kind: "name", name: token.text };
  }

  #args(): Expression[] {
    return this.#list(")");
  }

  #list(end: string): Expression[] {
    const items: Expression[] = [];
    while (!this.#accept(end)) {
      if (items.length > 0) this.#expect(",");
      // Named arguments such as `default=0` are treated as positional.
      const [name, equals] = this.#tokens.slice(this.#at, this.#at + 2);
      if (name?.kind === "name" && equals?.text === "=") this.#at += 2;
      items.push(this.#expression());
    }
    return items;
  }

  #allowed(filter: string, name: string): string {
    if (!hasFilter(filter)) throw new TemplateError(`filter ${name}`);
    return name;
  }

  #nested<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > depthAtMost) throw new TemplateError("nested too deeply");
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #accept(text: string): boolean {
    const token = this.#peek();
    if (token === undefined || token.kind === "string" || token.kind === "text" || token.text !== text)
      return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text))
      throw new TemplateError(`${text} expected, ${this.#peek()?.text ?? "end"} found`);
  }

  #take(...kinds: Token["kind"][]): Token {
    const token = this.#peek();
    if (token === undefined || !kinds.includes(token.kind))
      throw new TemplateError(`unexpected ${token?.text ?? "end"}`);
    this.#at += 1;
    return token;
  }
}
