import type { Logger } from "../../../infra/log.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { parseForeignJson } from "../../../schemas/foreign-json.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import type { Consent } from "../../consent/consent.ts";
import type { OfferedTools } from "../../tools/index.ts";
import type { Tool, ToolCall } from "../../tools/tool.ts";
import type { TurnEmitter } from "./emitter.ts";

/** Longer results are truncated to leave room in the context. */
const resultChars = 16_000;
/** Maximum length of a call or result as sent to clients. */
const messageChars = 200;
const nameChars = 64;

/** A complete tool call of the model. */
type WholeCall = NonNullable<ChatMessage["tool_calls"]>[number];

/** Dependencies of tool calls. */
export interface ToolDeps {
  tools: OfferedTools;
  consent: Pick<Consent, "request">;
  limits: { toolCalls: number };
  log: Logger;
}

/** The user and turn on whose behalf tools are called. */
export interface ToolCaller extends Omit<ToolCall, "idempotencyKey"> {
  input: SessionInput;
  user: string;
  replyId: string;
  /**
   * Tools with external effects need the user's consent: the turn contains third-party text or is of a group.
   */
  guarded: boolean;
}

/** Runs the calls sequentially and returns their results for the model. A tool failure is a result. */
export async function runToolCalls(
  deps: ToolDeps,
  calls: readonly WholeCall[],
  round: number,
  emitter: TurnEmitter,
  caller: ToolCaller,
): Promise<ChatMessage[]> {
  const results: ChatMessage[] = [];
  for (const [index, { id, function: called }] of calls.entries()) {
    caller.signal.throwIfAborted();
    const name = called.name.slice(0, nameChars);
    if (index >= deps.limits.toolCalls) {
      const content = `not run: at most ${deps.limits.toolCalls} tool calls a round`;
      results.push({ role: "tool", tool_call_id: id, content });
      continue;
    }
    emitter.tool(name, "started", called.arguments.slice(0, messageChars));
    const idempotencyKey = `${caller.replyId}.${round}.${index}`;
    const { ok, text } = await runOne(deps, called, caller, idempotencyKey, emitter);
    // On a stop or move the turn ends; the tool is not aborted.
    caller.signal.throwIfAborted();
    emitter.tool(name, ok ? "completed" : "failed", text.slice(0, messageChars));
    results.push({ role: "tool", tool_call_id: id, content: text.slice(0, resultChars) });
  }
  return results;
}

/** A tool error is returned as the result and never ends the turn. */
async function runOne(
  deps: ToolDeps,
  called: WholeCall["function"],
  caller: ToolCaller,
  idempotencyKey: string,
  emitter: TurnEmitter,
): Promise<{ ok: boolean; text: string }> {
  const tool = deps.tools.find(called.name);
  if (tool === undefined) return { ok: false, text: `no such tool: ${called.name.slice(0, nameChars)}` };
  try {
    const args = tool.parameters.safeParse(called.arguments.trim() === "" ? {} : parsed(called.arguments));
    if (!args.success) return { ok: false, text: `invalid arguments: ${problem(args.error.issues[0])}` };
    const refusal = await refusalOf(deps, tool, args.data, caller, emitter);
    if (refusal !== undefined) return { ok: false, text: refusal };
    const result: unknown = await tool.run(args.data, { ...caller, idempotencyKey });
    // From here on the turn contains third-party text.
    if (tool.foreign) caller.guarded = true;
    return { ok: true, text: JSON.stringify(result) ?? "done" };
  } catch (err) {
    if (err instanceof ParleyError) return { ok: false, text: err.message };
    const { user, session } = caller;
    if (!caller.signal.aborted) deps.log.error({ err, user, session, tool: tool.name }, "tool failed");
    return { ok: false, text: "the tool failed" };
  }
}

/** Requests the consent that a call needs; if refused, returns the text for the model. */
async function refusalOf(
  { consent }: ToolDeps,
  tool: Tool,
  args: unknown,
  caller: ToolCaller,
  emitter: TurnEmitter,
): Promise<string | undefined> {
  if (tool.effect !== "outside" || !caller.guarded) return undefined;
  emitter.tool(tool.name, "running", "等待用户确认");
  const request = { tool: tool.name, args: JSON.stringify(args) };
  const outcome = await consent.request(caller.input, request, caller.signal);
  switch (outcome) {
    case "once":
    case "always":
      return undefined;
    case "deny":
      return "not run: the user has denied this call; do not repeat it";
    case "expired":
      return "not run: the user has not answered in time, so this call counts as denied; do not repeat it";
  }
}

/** @throws ParleyError with a message for the model about invalid arguments */
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
