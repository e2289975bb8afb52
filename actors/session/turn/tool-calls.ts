import { ParleyError } from "../../../schemas/errors.ts";
import type { ChatMessage, ToolCallDelta } from "../../../schemas/wire/openai.ts";
import type { Toolbox } from "../../tools/index.ts";
import type { ToolCall } from "../../tools/tool.ts";
import type { TurnEmitter } from "./turn-emitter.ts";

/** A result that is longer is cut: it has to fit the context beside the rest. */
const resultChars = 16_000;
/** What a client is shown of a result. */
const messageChars = 200;

/** One call as the model made it, put together from its pieces. */
export type WholeCall = NonNullable<ChatMessage["tool_calls"]>[number];

/** Puts the pieces of tool calls together: the first of an index names the function, later ones add arguments. */
export class ToolCallBuilder {
  readonly #calls = new Map<number, WholeCall>();

  add(deltas: readonly ToolCallDelta[]): void {
    for (const { index, id, function: piece } of deltas) {
      const call = this.#calls.get(index) ?? {
        id: id ?? `call_${index}`,
        type: "function",
        function: { name: "", arguments: "" },
      };
      call.function.name += piece?.name ?? "";
      call.function.arguments += piece?.arguments ?? "";
      this.#calls.set(index, call);
    }
  }

  get calls(): WholeCall[] {
    return [...this.#calls.values()];
  }
}

/** Runs the calls one after another and returns what the model is told of them. A tool that fails tells it why. */
export async function runToolCalls(
  toolbox: Toolbox,
  calls: readonly WholeCall[],
  round: number,
  emitter: TurnEmitter,
  context: Omit<ToolCall, "idempotencyKey"> & { replyId: string },
): Promise<ChatMessage[]> {
  const results: ChatMessage[] = [];
  for (const [index, { id, function: called }] of calls.entries()) {
    context.signal.throwIfAborted();
    emitter.tool(called.name, "started", called.arguments.slice(0, messageChars));
    const idempotencyKey = `${context.replyId}.${round}.${index}`;
    const { ok, text } = await runOne(toolbox, called, { ...context, idempotencyKey });
    emitter.tool(called.name, ok ? "completed" : "failed", text.slice(0, messageChars));
    results.push({ role: "tool", tool_call_id: id, content: text.slice(0, resultChars) });
  }
  return results;
}

async function runOne(
  toolbox: Toolbox,
  called: WholeCall["function"],
  call: ToolCall,
): Promise<{ ok: boolean; text: string }> {
  const tool = toolbox.find(called.name);
  if (tool === undefined) return { ok: false, text: `no such tool: ${called.name.slice(0, 64)}` };
  try {
    const args = tool.parameters.safeParse(called.arguments === "" ? {} : JSON.parse(called.arguments));
    if (!args.success) return { ok: false, text: `wrong arguments: ${args.error.issues[0]?.message ?? ""}` };
    return { ok: true, text: JSON.stringify(await tool.run(args.data, call)) };
  } catch (err) {
    if (err instanceof ParleyError) return { ok: false, text: err.message };
    if (err instanceof SyntaxError) return { ok: false, text: "arguments are not JSON" };
    throw err;
  }
}
