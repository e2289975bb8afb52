import { onebotForwardSchema, onebotQuotedSchema } from "../../../../schemas/wire/onebot.ts";
import type { InboundMessage } from "../bridge.ts";
import { quotation, withQuotation } from "../quotation.ts";
import { contentOf, field, maxImages, segmentsIn } from "./onebot-segments.ts";
import type { CallResult } from "./onebot-socket.ts";

/** Text limit of a merged forward, characters. */
const forwardChars = 8_000;
const forwardDepth = 2;

/** Calls an action of the client. */
export type Call = (action: string, params: unknown) => Promise<CallResult>;

/** A quoted message. */
export interface Quoted {
  /** Id of its sender. */
  sender: string | undefined;
  name: string | undefined;
  text: string;
  attachments: InboundMessage["attachments"];
}

/** Fetches a message by id; undefined when the client no longer has it. */
export async function readQuoted(call: Call, id: string, self: string): Promise<Quoted | undefined> {
  const number = Number(id);
  const result = await call("get_msg", { message_id: Number.isSafeInteger(number) ? number : id });
  const quoted = result.kind === "answer" ? onebotQuotedSchema.safeParse(result.answer.data).data : undefined;
  if (quoted === undefined) return undefined;
  const segments = segmentsIn(quoted.message);
  const { text, attachments, unreadable } = contentOf(segments, self);
  const forward = segments.find(({ type }) => type === "forward");
  const inner = forward === undefined ? "" : await readForward(call, field(forward, "id") || id, self);
  const kinds = [
    ...(attachments.length > 0 && text === "" ? ["[图片]"] : []),
    ...unreadable.map((kind) => `[${kind}]`),
    ...(segments.some(({ type }) => type === "record") ? ["[语音]"] : []),
  ];
  return {
    sender: quoted.sender?.user_id ?? undefined,
    name: nameOf(quoted.sender),
    text: [text, inner, ...kinds].filter((part) => part !== "").join("\n"),
    attachments,
  };
}

/** Places a message below its quotation. */
export function quoting(message: InboundMessage, { name, text, attachments }: Quoted): InboundMessage {
  if (text === "" && attachments.length === 0) return message;
  return {
    ...message,
    quotesOthers: true,
    text: withQuotation(quotation(name, text), message.text),
    attachments: [...message.attachments, ...attachments].slice(0, maxImages),
  };
}

/** The messages of a merged forward as text; `[合并转发]` when the client does not return them. */
export async function readForward(call: Call, id: string, self: string, depth = 0): Promise<string> {
  const unread = "[合并转发]";
  if (depth >= forwardDepth) return unread;
  const result = await call("get_forward_msg", { id, message_id: id });
  const forward =
    result.kind === "answer" ? onebotForwardSchema.safeParse(result.answer.data).data : undefined;
  if (forward === undefined) return unread;
  const lines: string[] = [];
  for (const { sender, message, content } of forward.messages) {
    const segments = segmentsIn(message ?? content ?? "");
    const { text, attachments, unreadable } = contentOf(segments, self);
    const nested = segments.find(({ type }) => type === "forward");
    const inner = nested === undefined ? "" : await readForward(call, field(nested, "id"), self, depth + 1);
    const kinds = [...attachments.map(() => "[图片]"), ...unreadable.map((kind) => `[${kind}]`)];
    lines.push(
      `${nameOf(sender) ?? "?"}: ${[text, inner, ...kinds].filter((part) => part !== "").join(" ")}`,
    );
    if (lines.join("\n").length > forwardChars) break;
  }
  return lines.length === 0 ? unread : `[合并转发]\n${lines.join("\n").slice(0, forwardChars)}`;
}

function nameOf(
  sender: { card?: string | null; nickname?: string | null; user_id?: string | null } | null | undefined,
): string | undefined {
  const { card, nickname, user_id } = sender ?? {};
  return [card, nickname, user_id].find((one): one is string => typeof one === "string" && one !== "");
}
