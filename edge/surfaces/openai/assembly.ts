import type { ChatCompletion } from "../../../schemas/wire/openai.ts";
import type { Delta } from "./chunks.ts";

type Message = ChatCompletion["choices"][0]["message"];
type ToolCall = NonNullable<Message["tool_calls"]>[number];

/** Puts the pieces of a reply together. */
export class Assembly {
  #content = "";
  readonly #toolCalls = new Map<number, ToolCall>();

  /** Adds a piece. */
  add({ content, tool_calls }: Delta): void {
    this.#content += content ?? "";
    for (const { index, id, function: called } of tool_calls ?? []) {
      const call = this.#toolCalls.get(index) ?? {
        id: "",
        type: "function" as const,
        function: { name: "", arguments: "" },
      };
      call.id = id ?? call.id;
      call.function.name += called?.name ?? "";
      call.function.arguments += called?.arguments ?? "";
      this.#toolCalls.set(index, call);
    }
  }

  /** The whole message; `content` is null where only tools are called. */
  message(): Message {
    const toolCalls = [...this.#toolCalls].sort(([a], [b]) => a - b).map(([, call]) => call);
    const content = this.#content === "" && toolCalls.length > 0 ? null : this.#content;
    return {
      role: "assistant",
      content,
      refusal: null,
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    };
  }
}
