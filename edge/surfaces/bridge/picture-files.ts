import { ParleyError } from "../../../schemas/errors.ts";
import type { Services } from "../../services.ts";
import type { InboundMessage } from "./bridge.ts";

/**
 * A message whose pictures are files of its user, where they came inside it. One that can't be kept is named in the text.
 * @throws ParleyError `service_unavailable`, `storage_unavailable`
 */
export async function withPictureFiles(
  { attachments }: Pick<Services, "attachments">,
  message: InboundMessage,
  user: string,
  session: string,
): Promise<InboundMessage> {
  if (attachments.areReady(message.attachments)) return message;
  const principal = { user_id: user, nickname: "", is_admin: false };
  const kept: InboundMessage["attachments"] = [];
  const lines = [message.text];
  for (const [index, one] of message.attachments.entries()) {
    try {
      kept.push(
        ...(await attachments.resolve([one], { principal, session, clientMsgId: `${message.id}/${index}` })),
      );
    } catch (err) {
      if (!(err instanceof ParleyError) || err.status >= 500) throw err;
      lines.push("[图片无法读取]");
    }
  }
  return { ...message, attachments: kept, text: lines.filter((line) => line !== "").join("\n") };
}
