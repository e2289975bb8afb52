import { ParleyError } from "../../../schemas/errors.ts";
import type { StatelessTurn } from "../../../schemas/messages/stateless-turn.ts";
import type { ChatMessage, ContentPart } from "../../../schemas/wire/openai.ts";
import { type ChatParams, chatParamsSchema } from "../../../schemas/wire/openai-request.ts";
import type { ResponseItem, ResponsePart, ResponseRequest } from "../../../schemas/wire/openai-responses.ts";

type Turn = Pick<StatelessTurn, "model" | "messages" | "params">;

// Fields about the request itself, or renamed in the turn; all others go to the provider unchanged.
const own = new Set(
  (
    "model input instructions stream max_output_tokens tools tool_choice reasoning text store include truncation " +
    "stream_options max_tool_calls top_logprobs background metadata"
  ).split(" "),
);
const callFields = new Set(["type", "id", "call_id", "name", "arguments", "status"]);

/**
 * Converts a request to a turn. `items` is its input with all references resolved.
 * @throws ParleyError `invalid_request` that names the unsupported field
 */
export function turnOfRequest(request: ResponseRequest, items: readonly ResponseItem[]): Turn {
  const messages: ChatMessage[] = [];
  if (request.instructions) messages.push({ role: "system", content: request.instructions });
  let thought = "";
  for (const item of items) {
    if (item.type === "reasoning") thought += textOf(item.content ?? item.summary ?? []);
    else {
      addItem(messages, item, thought);
      thought = "";
    }
  }
  return { model: request.model, messages, params: paramsOf(request) };
}

function addItem(messages: ChatMessage[], item: ResponseItem, thought: string): void {
  const reasoning = thought === "" ? {} : { reasoning_content: thought };
  if (item.type === "function_call") {
    const fields = Object.fromEntries(Object.entries(item).filter(([name]) => !callFields.has(name)));
    const called = { name: item.name as string, arguments: item.arguments as string };
    const call = { ...fields, id: item.call_id as string, type: "function" as const, function: called };
    const last = messages.at(-1);
    if (last?.role === "assistant") last.tool_calls = [...(last.tool_calls ?? []), call];
    else messages.push({ role: "assistant", content: null, ...reasoning, tool_calls: [call] });
  } else if (item.type === "function_call_output") {
    const output = item.output as string | ResponsePart[];
    messages.push({ role: "tool", tool_call_id: item.call_id as string, content: contentOf(output) });
  } else if ("role" in item) {
    const { role, content } = item as { role: ChatMessage["role"]; content: string | ResponsePart[] };
    const said = role === "assistant" ? textOf(content) : contentOf(content);
    messages.push({ role, content: said, ...(role === "assistant" && reasoning) });
  }
}

function contentOf(content: string | readonly ResponsePart[]): string | ContentPart[] {
  if (typeof content === "string") return content;
  if (content.every(({ type }) => type !== "input_image" && type !== "input_file")) return textOf(content);
  return content.map((part): ContentPart => {
    if (part.type === "input_image") {
      const { image_url, detail } = part as { image_url: string; detail?: string };
      return { type: "image_url", image_url: { url: image_url, ...(detail !== undefined && { detail }) } };
    }
    if (part.type === "input_file") {
      const { filename, file_data } = part;
      return { type: "file", file: { filename, file_data } };
    }
    return { type: "text", text: textOf([part]) };
  });
}

function textOf(content: string | readonly ResponsePart[]): string {
  if (typeof content === "string") return content;
  return content.map(({ text, refusal }) => String(text ?? refusal ?? "")).join("");
}

function paramsOf(request: ResponseRequest): ChatParams {
  const { max_output_tokens, reasoning, text, tools, tool_choice, top_logprobs, metadata } = request;
  const rest = Object.fromEntries(Object.entries(request).filter(([name]) => !own.has(name)));
  return chatParamsSchema.parse({
    ...rest,
    ...(max_output_tokens !== undefined && { max_completion_tokens: max_output_tokens }),
    ...(reasoning?.effort !== undefined && { reasoning_effort: reasoning.effort }),
    ...(text?.verbosity !== undefined && { verbosity: text.verbosity }),
    ...(text?.format !== undefined &&
      text.format.type !== "text" && { response_format: formatOf(text.format) }),
    ...(tools !== undefined && tools.length > 0 && { tools: tools.map(toolOf) }),
    ...(tool_choice !== undefined && { tool_choice: choiceOf(tool_choice) }),
    ...(top_logprobs !== undefined && { logprobs: true, top_logprobs }),
    ...(metadata !== undefined && Object.keys(metadata).length > 0 && { metadata }),
  });
}

function formatOf({ type, ...schema }: Record<string, unknown>): Record<string, unknown> {
  return type === "json_schema" ? { type, json_schema: schema } : { type };
}

function toolOf(tool: NonNullable<ResponseRequest["tools"]>[number], index: number): object {
  const { type, name, description, parameters, strict } = tool;
  if (type !== "function")
    throw new ParleyError("invalid_request", {
      error: `请求参数错误: tools.${index}.type ${JSON.stringify(type)} is not supported`,
    });
  return { type, function: { name, description, parameters, strict } };
}

function choiceOf(choice: string | Record<string, unknown>): string | Record<string, unknown> {
  if (typeof choice === "string" || choice.type !== "function" || choice.function !== undefined)
    return choice;
  return { type: "function", function: { name: choice.name } };
}
