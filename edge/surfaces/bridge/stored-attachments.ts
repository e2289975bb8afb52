import { ParleyError } from "../../../schemas/errors.ts";
import type { Services } from "../../services.ts";
import type { InboundMessage } from "./bridge.ts";
import { sessionOf } from "./chat-names.ts";

/**
 * Stores embedded images and files of a message as its user's files. One that can't be stored is named in the
 * text.
 * @throws ParleyError `service_unavailable`, `storage_unavailable`
 */
export async function withStoredAttachments(
  { attachments }: Pick<Services, "attachments">,
  message: InboundMessage,
  user: string,
): Promise<InboundMessage> {
  if (attachments.areReady(message.attachments)) return message;
  const principal = { user_id: user, nickname: "", is_admin: false };
  const session = sessionOf(message.address);
  const kept: InboundMessage["attachments"] = [];
  const lines = [message.text];
  for (const [index, one] of message.attachments.entries()) {
    try {
      const of = { principal, session, clientMsgId: `${message.id}/${index}` };
      kept.push(...(await attachments.resolve([one], of)));
    } catch (err) {
      if (!(err instanceof ParleyError) || err.status >= 500) throw err;
      lines.push(one.type === "image" ? "[图片无法读取]" : `[文件无法读取: ${one.filename ?? ""}]`);
    }
  }
  return { ...message, attachments: kept, text: lines.filter((line) => line !== "").join("\n") };
}
