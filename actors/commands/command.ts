import type { SessionInput, Surface } from "../../schemas/messages/session-input.ts";
import type { CommandEffect } from "../../schemas/wire/neo.ts";

/** One use of a command. */
export interface CommandCall {
  input: SessionInput;
  /** Words behind the command's name; quotation marks hold words together. */
  args: string[];
  /** The same for every run of the same message: what was done once is not done again. */
  idempotencyKey: string;
}

/** What a command answers: its text, and what a front end is to do with it. */
export interface CommandAnswer extends Partial<CommandEffect> {
  text: string;
}

/** A slash command. Its name may have several words; the longest name that fits is the one that is called. */
export interface Command {
  name: string;
  /** Its arguments as help shows them, `[task_id]`. */
  args?: string;
  description: string;
  /** `beside`: answered at once. `queue`: takes its place among the messages, because it changes what they see. */
  place: "beside" | "queue";
  /** Surfaces whose help names it; it is understood everywhere. Unset = all. */
  listed?: readonly Surface[];
  /** Whether it hides everything before it. */
  clears?: boolean;
  /** Whether a surface that can ask for a confirmation does so before it runs. */
  confirms?: boolean;
  /** Yao Neo: pages of the front end where it is there, by stack and path; `*` stands for any text. */
  stack?: string;
  path?: string;
  answer(call: CommandCall): Promise<CommandAnswer | string> | CommandAnswer | string;
}
