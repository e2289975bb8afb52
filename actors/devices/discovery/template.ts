import { TemplateError } from "./template-error.ts";
import { type Expression, type Part, parseTemplate } from "./template-parser.ts";
import { applyBinary, applyFilter, isTruthy, memberOf, Undefined } from "./template-values.ts";

/** Maximum steps of one evaluation, so that device data can't control its run time. */
const stepsAtMost = 2_000;

/** A compiled template; `read` returns undefined without a value for the payload. */
export interface Template {
  read(variables: Record<string, unknown>): unknown;
  /** Keys of its first `value_json` path, used as the name of the value. */
  path: readonly string[];
}

/**
 * Compiles a template of Home Assistant's discovery: the part of Jinja that firmware uses. Expressions with
 * `value` and `value_json`, filters, arithmetic, comparisons, `… if … else …`, and the statements `if` and
 * `set`. No loops, macros or calls other than `.get()`, `.split()`, `.lower()`, `.upper()` and `is_defined`.
 * @throws TemplateError naming the unsupported part
 */
export function compileTemplate(text: string): Template {
  const parts = parseTemplate(text);
  return { read: (variables) => render(parts, variables), path: pathIn(parts) };
}

interface Scope {
  variables: Map<string, unknown>;
  steps: number;
}

function render(parts: readonly Part[], variables: Record<string, unknown>): unknown {
  const scope: Scope = { variables: new Map(Object.entries(variables)), steps: 0 };
  try {
    const shown = parts.filter((part) => part.kind !== "text" || part.text.trim() !== "");
    const [only] = shown;
    // A template of a single expression keeps the type of its value.
    if (shown.length === 1 && only?.kind === "output") return known(evaluate(only.expression, scope));
    const text = textOf(parts, scope).trim();
    return text === "" ? undefined : typed(text);
  } catch (err) {
    if (err instanceof Undefined || err instanceof TemplateError) return undefined;
    throw err;
  }
}

function textOf(parts: readonly Part[], scope: Scope): string {
  let text = "";
  for (const part of parts) {
    if (part.kind === "text") text += part.text;
    else if (part.kind === "output") text += shownText(evaluate(part.expression, scope));
    else if (part.kind === "set") scope.variables.set(part.name, evaluate(part.expression, scope));
    else {
      const branch = part.branches.find(({ when }) => when === null || isTruthy(evaluate(when, scope)));
      if (branch !== undefined) text += textOf(branch.parts, scope);
    }
  }
  return text;
}

function evaluate(expression: Expression, scope: Scope): unknown {
  scope.steps += 1;
  if (scope.steps > stepsAtMost) throw new TemplateError("template takes too long");
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "list":
      return expression.items.map((item) => evaluate(item, scope));
    case "name":
      return scope.variables.get(expression.name);
    case "member":
      return memberOf(evaluate(expression.of, scope), evaluate(expression.key, scope));
    case "call": {
      const of = evaluate(expression.of, scope);
      const args = expression.args.map((arg) => evaluate(arg, scope));
      return applyFilter(`.${expression.name}`, of, args);
    }
    case "filter": {
      const args = expression.args.map((arg) => evaluate(arg, scope));
      return applyFilter(expression.name, evaluate(expression.of, scope), args);
    }
    case "not":
      return !isTruthy(evaluate(expression.of, scope));
    case "minus":
      return -Number(evaluate(expression.of, scope));
    case "and": {
      const left = evaluate(expression.left, scope);
      return isTruthy(left) ? evaluate(expression.right, scope) : left;
    }
    case "or": {
      const left = evaluate(expression.left, scope);
      return isTruthy(left) ? left : evaluate(expression.right, scope);
    }
    case "binary":
      return applyBinary(
        expression.operator,
        evaluate(expression.left, scope),
        evaluate(expression.right, scope),
      );
    case "choice":
      return isTruthy(evaluate(expression.when, scope))
        ? evaluate(expression.then, scope)
        : expression.otherwise && evaluate(expression.otherwise, scope);
  }
}

function shownText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function known(value: unknown): unknown {
  const isNone = value === null || value === "" || (typeof value === "number" && !Number.isFinite(value));
  return isNone ? undefined : value;
}

/** Converts numeric text to a number, as Home Assistant's native types do. */
function typed(text: string): unknown {
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

function pathIn(parts: readonly Part[]): string[] {
  for (const part of parts) {
    const found =
      part.kind === "output" || part.kind === "set"
        ? pathOf(part.expression)
        : part.kind === "if"
          ? part.branches.flatMap(({ when, parts: inner }) => [...(when ? pathOf(when) : pathIn(inner))])
          : [];
    if (found.length > 0) return found;
  }
  return [];
}

function pathOf(expression: Expression): string[] {
  if (expression.kind === "member") {
    const { of, key } = expression;
    const before = of.kind === "name" && of.name === "value_json" ? [] : pathOf(of);
    const isPath = before.length > 0 || (of.kind === "name" && of.name === "value_json");
    return isPath && key.kind === "literal" ? [...before, String(key.value)] : before;
  }
  if (expression.kind === "call" && expression.name === "get") {
    const [key] = expression.args;
    const of = expression.of.kind === "name" ? [] : pathOf(expression.of);
    return key?.kind === "literal" ? [...of, String(key.value)] : of;
  }
  const inner = Object.values(expression).filter(
    (value): value is Expression => typeof value === "object" && value !== null && "kind" in value,
  );
  for (const one of inner) {
    const found = pathOf(one);
    if (found.length > 0) return found;
  }
  return [];
}
