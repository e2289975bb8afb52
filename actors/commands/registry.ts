import type { Logger } from "../../infra/log.ts";
import type { SessionInput, Surface } from "../../schemas/messages/session-input.ts";
import type { NeoContext } from "../../schemas/wire/neo.ts";
import type { Command, CommandAnswer } from "./command.ts";

const unknownChars = 64;

/** A command resolved from a message. */
export interface Called {
  command: Command;
  args: string[];
}

/** Registry of the commands of all surfaces. */
export class Commands {
  readonly #fixed: readonly Command[];
  readonly #more: () => readonly Command[];
  readonly #confirm: ((called: Called) => Command) | undefined;

  /**
   * `more` returns the commands that change at run time. `confirm` wraps a command that changes something so
   * that it asks first, on surfaces that support confirmation.
   */
  constructor(
    fixed: readonly Command[],
    more: () => readonly Command[] = () => [],
    confirm?: (called: Called) => Command,
  ) {
    this.#fixed = fixed;
    this.#more = more;
    this.#confirm = confirm;
  }

  /**
   * Resolves the command of a message; null when it is not a command. An unknown command answers with a hint.
   */
  parse(input: Pick<SessionInput, "content" | "surface" | "context">): Called | null {
    const called = this.find(input);
    if (called === null || input.surface !== "neo") return called;
    if (called.command.confirms !== true || this.#confirm === undefined) return called;
    return { ...called, command: this.#confirm(called) };
  }

  /** Resolves a command without confirmation. */
  find({ content, context }: Pick<SessionInput, "content" | "context">): Called | null {
    const text = content.trim();
    if (!/^\/[\p{L}]/u.test(text)) return null;
    const words = wordsOf(text);
    const lower = words.map((word) => word.toLowerCase());
    const fits = [...this.#fixed, ...this.#more()]
      .filter((command) => isHere(command, context))
      .map((command) => ({ command, length: command.name.split(" ").length }))
      .filter(({ command, length }) => lower.slice(0, length).join(" ") === command.name.toLowerCase())
      .toSorted((a, b) => b.length - a.length);
    const [best] = fits;
    if (best === undefined) return { command: unknown(words[0] ?? ""), args: words.slice(1) };
    return { command: best.command, args: words.slice(best.length) };
  }

  /** Commands that the help of a surface lists, including those of the current page. */
  listed(surface: Surface, context?: NeoContext): Command[] {
    return [...this.#fixed, ...this.#more()].filter(
      (command) => (command.listed ?? [surface]).includes(surface) && isHere(command, context),
    );
  }

  /** Commands that the help of a surface lists, for all pages. */
  everywhere(surface: Surface): Command[] {
    return [...this.#fixed, ...this.#more()].filter(({ listed }) => (listed ?? [surface]).includes(surface));
  }

  /** Text of `/help`. */
  help(surface: Surface, context?: NeoContext): string {
    const lines = this.listed(surface, context).map(
      ({ name, args, description }) => `${args === undefined ? name : `${name} ${args}`} - ${description}`,
    );
    return ["可用命令列表：", ...lines].join("\n");
  }
}

/** Runs a command; a failure is answered with an error text. */
export async function answerCommand(
  log: Logger,
  input: SessionInput,
  { command, args }: Called,
  idempotencyKey: string,
): Promise<CommandAnswer> {
  try {
    const answer = await command.answer({ input, args, idempotencyKey });
    return typeof answer === "string" ? { text: answer } : answer;
  } catch (err) {
    log.error({ err, command: command.name, user: input.user, session: input.session }, "command failed");
    return { text: "命令执行失败，请稍后重试" };
  }
}

/** Splits a text into words; `"two words"` is one. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

/** Whether a command is available on the user's current page. */
function isHere({ stack, path }: Command, context: NeoContext | undefined): boolean {
  return matches(stack, context?.stack) && matches(path, context?.pathname);
}

function matches(pattern: string | undefined, value: string | undefined): boolean {
  if (pattern === undefined || pattern === "" || pattern === "*") return true;
  const [first = "", ...rest] = pattern.split("*");
  const text = value ?? "";
  if (rest.length === 0) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const [index, part] of rest.entries()) {
    const found = index === rest.length - 1 ? text.lastIndexOf(part) : text.indexOf(part, at);
    if (found < at || (index === rest.length - 1 && found + part.length !== text.length)) return false;
    at = found + part.length;
  }
  return true;
}

function unknown(word: string): Command {
  return {
    name: word,
    description: "",
    place: "beside",
    answer: () => `未知命令: ${word.slice(0, unknownChars)}。输入 /help 查看可用命令`,
  };
}
