import { type OnebotSegment, onebotQuotedSchema } from "../../../schemas/wire/onebot.ts";
import type { InboundMessage } from "./bridge.ts";
import { contentOf, maxImages, parseCq } from "./onebot-message.ts";
import type { CallResult } from "./onebot-socket.ts";

/** Longest quoted text that goes into a message, characters. */
const quotedChars = 2_000;
const nameChars = 64;

/** A message with the one that it quotes before it, in the form of a quotation; as it is where that can't be had. */
export function withQuoted(message: InboundMessage, result: CallResult): InboundMessage {
  const quoted = result.kind === "answer" ? onebotQuotedSchema.safeParse(result.answer.data).data : undefined;
  if (quoted === undefined) return message;
  const { self } = message.address;
  const segments: OnebotSegment[] =
    typeof quoted.message === "string" ? parseCq(quoted.message) : quoted.message;
  const { text, attachments } = contentOf(segments, self);
  const shown = text === "" ? "[图片]" : cut(text, quotedChars);
  if (text === "" && attachments.length === 0) return message;
  const { card, nickname, user_id } = quoted.sender ?? {};
  const name = [card, nickname, user_id].find((one) => one !== undefined && one !== null && one !== "");
  const said = `${cut(String(name ?? "?").replace(/\s+/g, " "), nameChars)}: ${shown}`;
  return {
    ...message,
    quotesOthers: true,
    text: `${said.replace(/^/gm, "> ")}\n\n${message.text}`.trim(),
    attachments: [...message.attachments, ...attachments].slice(0, maxImages),
  };
}

function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
