import type { Logger } from "../../../infra/log.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { parseForeignJson } from "../../../schemas/foreign-json.ts";
import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import type { OfferedTools } from "../../tools/index.ts";
import type { ToolCall } from "../../tools/tool.ts";
import type { TurnEmitter } from "./emitter.ts";

/** A longer result is cut: it has to fit the context beside the rest. */
const resultChars = 16_000;
/** What a client is shown of a call or its result. */
const messageChars = 200;
const nameChars = 64;

/** One call as the model made it. */
type WholeCall = NonNullable<ChatMessage["tool_calls"]>[number];

/** Dependencies of tool calls. */
export interface ToolDeps {
  tools: OfferedTools;
  limits: { toolCalls: number };
  log: Logger;
}

/** Runs the calls one after another and returns their results for the model. A tool that fails is a result, too. */
export async function runToolCalls(
  deps: ToolDeps,
  calls: readonly WholeCall[],
  round: number,
  emitter: TurnEmitter,
  context: Omit<ToolCall, "idempotencyKey"> & { user: string; replyId: string },
): Promise<ChatMessage[]> {
  const results: ChatMessage[] = [];
  for (const [index, { id, function: called }] of calls.entries()) {
    context.signal.throwIfAborted();
    const name = called.name.slice(0, nameChars);
    if (index >= deps.limits.toolCalls) {
      const content = `not run: at most ${deps.limits.toolCalls} tool calls a round`;
      results.push({ role: "tool", tool_call_id: id, content });
      continue;
    }
    emitter.tool(name, "started", called.arguments.slice(0, messageChars));
    const idempotencyKey = `${context.replyId}.${round}.${index}`;
    const { ok, text } = await runOne(deps, called, { ...context, idempotencyKey });
    // A stop or a move ends the turn, not the tool.
    context.signal.throwIfAborted();
    emitter.tool(name, ok ? "completed" : "failed", text.slice(0, messageChars));
    results.push({ role: "tool", tool_call_id: id, content: text.slice(0, resultChars) });
  }
  return results;
}

/** Whatever goes wrong in a tool is its result: it never ends the turn. */
async function runOne(
  { tools, log }: ToolDeps,
  called: WholeCall["function"],
  call: ToolCall & { user: string },
): Promise<{ ok: boolean; text: string }> {
  const tool = tools.find(called.name);
  if (tool === undefined) return { ok: false, text: `no such tool: ${called.name.slice(0, nameChars)}` };
  try {
    const args = tool.parameters.safeParse(called.arguments.trim() === "" ? {} : parsed(called.arguments));
    if (!args.success) return { ok: false, text: `invalid arguments: ${problem(args.error.issues[0])}` };
    const result: unknown = await tool.run(args.data, call);
    return { ok: true, text: JSON.stringify(result) ?? "done" };
  } catch (err) {
    if (err instanceof ParleyError) return { ok: false, text: err.message };
    const { user, session } = call;
    if (!call.signal.aborted) log.error({ err, user, session, tool: tool.name }, "tool failed");
    return { ok: false, text: "the tool failed" };
  }
}

/** @throws ParleyError that tells the model what is wrong with its arguments */
function parsed(text: string): unknown {
  try {
    return parseForeignJson(text);
  } catch (cause) {
    throw new ParleyError("invalid_request", { error: "arguments are not valid JSON", cause });
  }
}

function problem(issue: { path: PropertyKey[]; message: string } | undefined): string {
  if (issue === undefined) return "they do not match the schema";
  return `${issue.path.map(String).join(".")} ${issue.message}`.trim();
}
