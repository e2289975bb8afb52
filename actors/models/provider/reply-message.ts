import { ReplyAssembly } from "../../../schemas/wire/chat-assembly.ts";
import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import type { ModelPart } from "../model.ts";

/** Assembles a message from the parts of a reply, as its provider accepts it back. */
export class ReplyMessage {
  readonly #assembly = new ReplyAssembly();
  /** Reasoning from separate fields, by field name; other reasoning is not sent back. */
  readonly #reasoning: Partial<Record<"reasoning_content" | "reasoning", string>> = {};

  /** Adds a part. */
  add(part: ModelPart): void {
    if (part.kind === "content") this.#assembly.add({ content: part.text });
    else if (part.kind === "tool_calls") this.#assembly.add({ tool_calls: part.tool_calls });
    else if (part.kind === "fields") this.#assembly.add({ fields: part.fields });
    else if (part.kind === "retract") this.#assembly.retract();
    else if (part.kind === "reasoning" && part.field !== undefined)
      this.#reasoning[part.field] = (this.#reasoning[part.field] ?? "") + part.text;
  }

  /** Whether the reply is non-empty; white space counts as empty. */
  get speaks(): boolean {
    return this.#assembly.content.trim() !== "" || this.#assembly.toolCalls.length > 0;
  }

  /** The message; `content` is null when it contains only tool calls. */
  get message(): ChatMessage {
    const { content, toolCalls, fields } = this.#assembly;
    return {
      ...fields,
      role: "assistant",
      content: content === "" && toolCalls.length > 0 ? null : content,
      ...this.#reasoning,
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    };
  }
}
