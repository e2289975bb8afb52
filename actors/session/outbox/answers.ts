import type { Turn } from "../../../schemas/documents/collections.ts";
import type { MessageState, SessionInput } from "../../../schemas/messages/session-input.ts";
import type { OutItem } from "../../../schemas/wire/server-frame.ts";
import type { CommandAnswer } from "../../commands/command.ts";
import { answerCommand, type Called } from "../../commands/registry.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import type { SessionContext } from "../actor/session-context.ts";

/** State of a message that became a turn. */
export function stateOfTurn(turn: Turn): MessageState {
  const [user] = turn.messages;
  return {
    status: "completed",
    ...(user && { message_id: user.message_id }),
    ...(turn.reply && { reply_id: turn.reply.message_id }),
    text: turn.reply?.text ?? turn.messages.find(({ role }) => role === "assistant")?.content ?? "",
  };
}

/** Tells the sender of a repeated message what became of the first. */
export function answerRepetition(
  out: Pick<OutPublisher, "direct">,
  input: SessionInput,
  first: MessageState,
): void {
  if (input.origin === undefined) return;
  const { reply_id: _, ...state } = first;
  out.direct(input.origin, {
    type: "accepted",
    client_msg_id: input.client_msg_id,
    session_id: input.session,
    duplicate: true,
    ...state,
    message_id: first.message_id ?? input.message_id,
    timestamp: Date.now(),
  });
}

/** Confirms a request that has no echo, as it is no message. */
export function answerAccepted(out: Pick<OutPublisher, "direct">, input: SessionInput): void {
  if (input.origin === undefined) return;
  out.direct(input.origin, {
    type: "accepted",
    client_msg_id: input.client_msg_id,
    message_id: input.reply_id,
    session_id: input.session,
    timestamp: Date.now(),
  });
}

/** Answers a command beside the queue, in the form of a reply. */
export async function answerBeside(
  { out, log, effects, models }: Pick<SessionContext, "out" | "log" | "effects" | "models">,
  input: SessionInput,
  called: Called,
): Promise<void> {
  const key = `${input.user}.${input.session}.${input.client_msg_id}`;
  const answer = await answerCommand(log, input, called, key);
  const model = models.first("chat", input.model);
  for (const item of replyFrames(input, answer, model)) out.frame(input.user, item);
  if (input.bridge) await effects.bridge(input.bridge, answer.text, `${key}.bridge`);
}

/** A whole reply at once: start, text, end. */
function replyFrames(
  input: SessionInput,
  { text, ...effect }: CommandAnswer,
  model: string | undefined,
): OutItem[] {
  const ids = { message_id: input.reply_id, session_id: input.session, attempt: 1, timestamp: Date.now() };
  const started = { client_msg_id: input.client_msg_id, response_mode: input.mode };
  const { attempt: _, ...named } = ids;
  const wanted = { confirm: false, command: {}, actions: [], ...effect };
  return [
    {
      frame: {
        type: "stream_start",
        role: "assistant",
        ...ids,
        ...started,
        ...(model !== undefined && { model }),
      },
    },
    { frame: { type: "stream_chunk", role: "assistant", msg_type: "system_info", content: text, ...ids } },
    ...(Object.keys(effect).length === 0
      ? []
      : [{ frame: { type: "command" as const, ...named, ...wanted } }]),
    { frame: { type: "stream_end", role: "assistant", text, finish_reason: "stop", ...ids, ...started } },
  ];
}
