import type { SessionInput, Surface } from "../../schemas/messages/session-input.ts";
import type { CommandEffect } from "../../schemas/wire/neo.ts";

/** One invocation of a command. */
export interface CommandCall {
  input: SessionInput;
  /** Words after the command's name; quotation marks group words. */
  args: string[];
  /** Identical for all runs of the same message, so that side effects happen once. */
  idempotencyKey: string;
}

/** Answer of a command: text, and effects for the front end. */
export interface CommandAnswer extends Partial<CommandEffect> {
  text: string;
}

/** A slash command. Its name may have several words; the longest matching name wins. */
export interface Command {
  name: string;
  /** Its arguments as `/help` prints them, for example `[task_id]`. */
  args?: string;
  description: string;
  /**
   * `beside`: answered at once. `queue`: runs in message order, because it changes what later messages see.
   */
  place: "beside" | "queue";
  /** Surfaces whose help lists the command; it works on all surfaces. Unset = all. */
  listed?: readonly Surface[];
  /** Whether it hides all earlier messages. */
  clears?: boolean;
  /** Whether surfaces that support it ask for confirmation first. */
  confirms?: boolean;
  /** Yao Neo: front-end pages on which it is available, by stack and path; `*` matches any text. */
  stack?: string;
  path?: string;
  answer(call: CommandCall): Promise<CommandAnswer | string> | CommandAnswer | string;
}
