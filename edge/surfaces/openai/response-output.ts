import type { OpenAIFinish, ToolCallDelta, Usage } from "../../../schemas/wire/openai.ts";

/** An output item of a response, as clients receive it. */
export type OutputItem = Record<string, unknown> & {
  id: string;
  type: "message" | "function_call" | "reasoning";
};

/** An item in progress. */
export interface OpenItem {
  kind: OutputItem["type"];
  id: string;
  /** Its index in the output. */
  index: number;
  text: string;
  call?: { id: string; name: string; fields: Record<string, unknown> };
}

const prefixes = { message: "msg_", function_call: "fc_", reasoning: "rs_" } as const;

/** Id of an item: its response and index. */
export function itemId(kind: OutputItem["type"], response: string, index: number): string {
  return `${prefixes[kind]}${response}_${index}`;
}

/** The response and index in an item's id; undefined for any other format. */
export function readItemId(id: string): { response: string; index: number } | undefined {
  const [, response, index] = /^(?:msg|fc|rs)_([A-Za-z0-9_-]{20})_(\d{1,4})$/.exec(id) ?? [];
  return response === undefined ? undefined : { response, index: Number(index) };
}

/** A complete item, or the beginning of one (`in_progress`). */
export function shownItem(item: OpenItem, status: "in_progress" | "completed" | "incomplete"): OutputItem {
  const { kind, id, text, call } = item;
  if (kind === "reasoning")
    return { id, type: kind, summary: text === "" ? [] : [{ type: "summary_text", text }] };
  if (kind === "message") {
    const content = status === "in_progress" ? [] : [textPart(text)];
    return { id, type: kind, role: "assistant", status, content };
  }
  const { fields, id: call_id, name } = call ?? { id: "", name: "", fields: {} };
  return { ...fields, id, type: kind, call_id, name, arguments: text, status };
}

/** The text part of a message. */
export function textPart(text: string): Record<string, unknown> {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

/** The metadata in the first piece of a call; undefined for a later piece. */
export function beginningOf({ id, index: _, type: __, function: called, ...fields }: ToolCallDelta) {
  return id === undefined || called?.name === undefined ? undefined : { id, name: called.name, fields };
}

/** Usage with this API's field names. */
export function responseUsage(usage: Usage): Record<string, unknown> {
  const details = (value: unknown, name: string): number => {
    const count = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : 0;
    return typeof count === "number" ? count : 0;
  };
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: { cached_tokens: details(usage.prompt_tokens_details, "cached_tokens") },
    output_tokens: usage.completion_tokens,
    output_tokens_details: {
      reasoning_tokens: details(usage.completion_tokens_details, "reasoning_tokens"),
    },
    total_tokens: usage.total_tokens,
  };
}

/** Why a response is incomplete; null when it is complete. */
export function incompleteDetails(finish: OpenAIFinish): { reason: string } | null {
  if (finish === "length") return { reason: "max_output_tokens" };
  return finish === "content_filter" ? { reason: "content_filter" } : null;
}
