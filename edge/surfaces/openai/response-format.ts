import type { ParleyError } from "../../../schemas/errors.ts";
import type { ReplyAssembly, ReplyPiece } from "../../../schemas/wire/chat-assembly.ts";
import type { OpenAIFinish, ToolCallDelta, Usage } from "../../../schemas/wire/openai.ts";
import type { ResponseRequest } from "../../../schemas/wire/openai-responses.ts";
import { openaiError } from "../../http/error-shape.ts";
import type { ServerEvent } from "../../http/event-stream.ts";
import type { AnswerFormat } from "./answer.ts";
import {
  beginningOf,
  incompleteDetails,
  itemId,
  type OpenItem,
  type OutputItem,
  responseUsage,
  shownItem,
  textPart,
} from "./response-output.ts";

/** Stores the items of a response, which later requests may reference. */
export type KeepItems = (response: string, items: readonly OutputItem[]) => Promise<void>;

/** The events of OpenAI's responses API, or one `response`. */
export class ResponseFormat implements AnswerFormat {
  model: string;
  readonly #id: string;
  readonly #request: ResponseRequest;
  readonly #keep: KeepItems;
  readonly #createdAt = Math.floor(Date.now() / 1000);
  readonly #output: OutputItem[] = [];
  #open: OpenItem | undefined;
  #begun = false;
  #sequence = 0;

  /** `id`: the response's, without prefix. */
  constructor(id: string, request: ResponseRequest, keep: KeepItems) {
    this.model = request.model;
    this.#id = id;
    this.#request = request;
    this.#keep = keep;
  }

  delta({ content, reasoning_content, tool_calls = [] }: ReplyPiece): ServerEvent[] {
    return [
      ...this.#begin(),
      ...(reasoning_content ? this.#text("reasoning", reasoning_content) : []),
      ...(content ? this.#text("message", content) : []),
      ...tool_calls.flatMap((call) => this.#call(call)),
    ];
  }

  end(finish: OpenAIFinish, usage: Usage): ServerEvent[] {
    const status = incompleteDetails(finish) === null ? "completed" : "incomplete";
    const last = [...this.#begin(), ...this.#close(status)];
    return [...last, this.#event(`response.${status}`, { response: this.#response(finish, usage) })];
  }

  fail(error: ParleyError): ServerEvent[] {
    const { message, code, param } = openaiError(error).error;
    const response = { ...this.#response(), status: "failed", error: { code, message } };
    return [
      ...this.#begin(),
      this.#event("error", { code, message, param }),
      this.#event("response.failed", { response }),
    ];
  }

  whole(reply: ReplyAssembly, finish: OpenAIFinish, usage: Usage): unknown {
    const { reasoning, content, toolCalls } = reply;
    // The same items as in a stream.
    if (reasoning !== "") this.#text("reasoning", reasoning);
    if (content !== "") this.#text("message", content);
    for (const [index, call] of toolCalls.entries()) this.#call({ ...call, index });
    this.#close(incompleteDetails(finish) === null ? "completed" : "incomplete");
    return this.#response(finish, usage);
  }

  /** Stores the items, unless the request disables it. */
  async settle(): Promise<void> {
    if (this.#request.store !== false) await this.#keep(this.#id, this.#output);
  }

  #begin(): ServerEvent[] {
    if (this.#begun) return [];
    this.#begun = true;
    const response = this.#response();
    return [this.#event("response.created", { response }), this.#event("response.in_progress", { response })];
  }

  #text(kind: "reasoning" | "message", delta: string): ServerEvent[] {
    const begun = this.#open?.kind === kind ? [] : this.#start({ kind });
    const item = this.#open as OpenItem;
    item.text += delta;
    const at = { item_id: item.id, output_index: item.index };
    if (kind === "reasoning")
      return [
        ...begun,
        this.#event("response.reasoning_summary_text.delta", { ...at, summary_index: 0, delta }),
      ];
    return [
      ...begun,
      this.#event("response.output_text.delta", { ...at, content_index: 0, delta, logprobs: [] }),
    ];
  }

  #call(call: ToolCallDelta): ServerEvent[] {
    const beginning = beginningOf(call);
    const begun = beginning === undefined ? [] : this.#start({ kind: "function_call", call: beginning });
    const delta = call.function?.arguments ?? "";
    const item = this.#open;
    if (item?.kind !== "function_call" || delta === "") return begun;
    item.text += delta;
    const at = { item_id: item.id, output_index: item.index };
    return [...begun, this.#event("response.function_call_arguments.delta", { ...at, delta })];
  }

  #start(item: Pick<OpenItem, "kind" | "call">): ServerEvent[] {
    const before = this.#close("completed");
    const index = this.#output.length;
    const id = itemId(item.kind, this.#id, index);
    this.#open = { ...item, id, index, text: "" };
    const at = { item_id: id, output_index: index };
    const added = this.#event("response.output_item.added", {
      output_index: index,
      item: shownItem(this.#open, "in_progress"),
    });
    if (item.kind === "function_call") return [...before, added];
    const part =
      item.kind === "message"
        ? this.#event("response.content_part.added", { ...at, content_index: 0, part: textPart("") })
        : this.#event("response.reasoning_summary_part.added", {
            ...at,
            summary_index: 0,
            part: { type: "summary_text", text: "" },
          });
    return [...before, added, part];
  }

  #close(status: "completed" | "incomplete"): ServerEvent[] {
    const item = this.#open;
    if (item === undefined) return [];
    this.#open = undefined;
    const shown = shownItem(item, status);
    this.#output.push(shown);
    const at = { item_id: item.id, output_index: item.index };
    return [
      ...this.#done(item, at),
      this.#event("response.output_item.done", { output_index: item.index, item: shown }),
    ];
  }

  #done({ kind, text, call }: OpenItem, at: object): ServerEvent[] {
    if (kind === "function_call") {
      const done = { ...at, name: call?.name, arguments: text };
      return [this.#event("response.function_call_arguments.done", done)];
    }
    if (kind === "message") {
      const place = { ...at, content_index: 0 };
      return [
        this.#event("response.output_text.done", { ...place, text, logprobs: [] }),
        this.#event("response.content_part.done", { ...place, part: textPart(text) }),
      ];
    }
    const place = { ...at, summary_index: 0 };
    return [
      this.#event("response.reasoning_summary_text.done", { ...place, text }),
      this.#event("response.reasoning_summary_part.done", { ...place, part: { type: "summary_text", text } }),
    ];
  }

  #event(type: string, fields: object): ServerEvent {
    return { event: type, data: JSON.stringify({ type, sequence_number: this.#sequence++, ...fields }) };
  }

  #response(finish?: OpenAIFinish, usage?: Usage): Record<string, unknown> {
    const request = this.#request;
    const incomplete = finish && incompleteDetails(finish);
    const status = incomplete ? "incomplete" : "completed";
    return {
      id: `resp_${this.#id}`,
      object: "response",
      created_at: this.#createdAt,
      status: finish === undefined ? "in_progress" : status,
      background: false,
      error: null,
      incomplete_details: incomplete ?? null,
      instructions: request.instructions ?? null,
      max_output_tokens: request.max_output_tokens ?? null,
      model: this.model,
      output: [...this.#output],
      parallel_tool_calls: request.parallel_tool_calls ?? true,
      previous_response_id: null,
      reasoning: { effort: request.reasoning?.effort ?? null, summary: null },
      store: request.store ?? true,
      temperature: request.temperature ?? null,
      text: request.text ?? { format: { type: "text" } },
      tool_choice: request.tool_choice ?? "auto",
      tools: request.tools ?? [],
      top_p: request.top_p ?? null,
      truncation: "disabled",
      usage: usage === undefined ? null : responseUsage(usage),
      metadata: request.metadata ?? {},
    };
  }
}
