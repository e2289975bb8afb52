import type { Logger } from "../../../infra/log.ts";
import type { OutItem } from "../../../schemas/messages/out-item.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { CommandAnswer } from "../../commands/command.ts";
import { answerCommand, type Called } from "../../commands/registry.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import type { Models } from "../../models/model.ts";
import type { Effects } from "./effects.ts";

/** Dependencies of commands that are answered beside the queue. */
export interface CommandReplyDeps {
  out: Pick<OutPublisher, "frame">;
  log: Logger;
  effects: Pick<Effects, "bridge">;
  models: Pick<Models, "first">;
}

/** Answers a command beside the queue, with the frames of a reply. */
export async function replyToCommand(
  { out, log, effects, models }: CommandReplyDeps,
  input: SessionInput,
  called: Called,
): Promise<void> {
  const key = `${input.user}.${input.session}.${input.client_msg_id}`;
  const answer = await answerCommand(log, input, called, key);
  const model = models.first("chat", input.model);
  for (const item of replyFrames(input, answer, model)) out.frame(input.user, item);
  if (input.bridge) await effects.bridge(input.bridge, answer.text, `${key}.bridge`);
}

/** A complete reply: start, text, effect on the front end, end. */
function replyFrames(
  input: SessionInput,
  { text, ...effect }: CommandAnswer,
  model: string | undefined,
): OutItem[] {
  const head = { message_id: input.reply_id, session_id: input.session, timestamp: Date.now() };
  const reply = { role: "assistant" as const, ...head, attempt: 1 };
  const request = { client_msg_id: input.client_msg_id, response_mode: input.mode };
  const items: OutItem[] = [
    { frame: { type: "stream_start", ...reply, ...request, model } },
    { frame: { type: "stream_chunk", ...reply, msg_type: "system_info", content: text } },
  ];
  if (Object.keys(effect).length > 0) {
    const requested = { confirm: false, command: {}, actions: [], ...effect };
    items.push({ frame: { type: "command", ...head, ...requested } });
  }
  items.push({ frame: { type: "stream_end", ...reply, ...request, text, finish_reason: "stop" } });
  return items;
}
