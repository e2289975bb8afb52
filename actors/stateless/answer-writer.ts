import type { StatelessAnswer } from "../../schemas/messages/stateless-turn.ts";
import type { ToolCallDelta } from "../../schemas/wire/openai.ts";
import { Coalescer } from "../egress/coalescer.ts";
import { piecesOf } from "../text/pieces.ts";

// Characters per answer: escaped as JSON they take up to six bytes each, which fits a NATS message.
const maxChars = 32_768;

/** Sends answers, in order. */
export type SendAnswer = (answer: StatelessAnswer) => void;

/** The reply text or the model's reasoning. */
type TextField = "content" | "reasoning_content";
type Delta = Omit<Extract<StatelessAnswer, { kind: "delta" }>, "kind">;

/**
 * Writes the answers of one turn: text is coalesced to one answer per `coalesceMs`; the first is sent at
 * once.
 */
export class AnswerWriter {
  readonly #send: SendAnswer;
  readonly #coalescer: Coalescer;
  #field: TextField = "content";
  #text = "";

  constructor(send: SendAnswer, coalesceMs: number) {
    this.#send = send;
    this.#coalescer = new Coalescer(coalesceMs, () => this.#sendText());
  }

  /** Appends text. */
  text(field: TextField, text: string): void {
    if (field !== this.#field) this.#coalescer.flush();
    this.#field = field;
    this.#text += text;
    this.#coalescer.schedule();
  }

  /** Flushes the text and sends an answer after it. */
  now(answer: StatelessAnswer): void {
    this.#coalescer.flush();
    this.#send(answer);
  }

  /** Sends other fields of a delta. */
  delta(delta: Delta): void {
    this.now({ kind: "delta", ...delta });
  }

  toolCalls(calls: readonly ToolCallDelta[]): void {
    this.#coalescer.flush();
    for (const call of calls) {
      const [first = "", ...rest] = piecesOf(call.function?.arguments ?? "", maxChars);
      const named = call.function?.arguments === undefined ? call : withArguments(call, first);
      this.#send({ kind: "delta", tool_calls: [named] });
      for (const piece of rest)
        this.#send({ kind: "delta", tool_calls: [{ index: call.index, function: { arguments: piece } }] });
    }
  }

  /** Flushes the text, then sends the last answer. */
  last(answer: Extract<StatelessAnswer, { kind: "end" | "error" }>): void {
    this.#coalescer.flush();
    this.#send(answer);
  }

  /** Drops buffered text when the client has gone. */
  discard(): void {
    this.#coalescer.cancel();
    this.#text = "";
  }

  #sendText(): void {
    if (this.#text === "") return;
    for (const piece of piecesOf(this.#text, maxChars)) this.#send({ kind: "delta", [this.#field]: piece });
    this.#text = "";
  }
}

function withArguments(call: ToolCallDelta, text: string): ToolCallDelta {
  return { ...call, function: { ...call.function, arguments: text } };
}
