import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { externalIdSchema } from "../../../schemas/documents/bridge.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { parseForeignJson } from "../../../schemas/foreign-json.ts";
import { botConnected } from "../../../schemas/messages/bridge.ts";
import {
  type OnebotMessage,
  type OnebotSegment,
  onebotMessageSchema,
  onebotRoleSchema,
} from "../../../schemas/wire/onebot.ts";
import { toParleyError } from "../../http/error-shape.ts";
import type { RequestHead } from "../../http/request-head.ts";
import type { Services } from "../../services.ts";
import type { Bridge, Delivery, InboundMessage, OutboundText } from "./bridge.ts";
import type { Inbound } from "./inbound.ts";
import { field, inboundOf, segmentsOf } from "./onebot-message.ts";
import { withQuoted } from "./onebot-quote.ts";
import { type CallResult, OnebotSocket } from "./onebot-socket.ts";
import { recordingOf } from "./onebot-speech.ts";
import { Outbound } from "./outbound.ts";
import { recordingAt, spokenText } from "./spoken.ts";

/** Own messages whose quotation still addresses the bot. */
const rememberedSent = 1_000;

/** Registers QQ: OneBot v11 clients dial in by reverse WebSocket. Answers how to end it. */
export function addOnebot(services: Services, inbound: Inbound): () => Promise<void> {
  const bots = new Map<string, QqBot>();
  const sockets = new Set<OnebotSocket>();
  const { settings, link } = services;
  const handlers = {
    open: (socket: OnebotSocket, ws: Parameters<OnebotSocket["opened"]>[0]) => {
      socket.opened(ws);
      sockets.add(socket);
      const { self, role, id } = socket;
      const bot = bots.get(self) ?? new QqBot(services, inbound, self);
      bots.set(self, bot);
      bot.add(socket);
      link.bus.signal(botConnected, { socket: id, self, role });
    },
    message: (socket: OnebotSocket, text: string | undefined) => bots.get(socket.self)?.take(socket, text),
    close: (socket: OnebotSocket) => {
      socket.closed();
      sockets.delete(socket);
      bots.get(socket.self)?.remove(socket);
    },
  };
  link.bus.listen(botConnected, (here) => {
    for (const socket of [...sockets])
      if (socket.self === here.self && socket.role === here.role && socket.id !== here.socket)
        socket.end("going_away");
  });
  for (const path of ["/onebot/v11/ws", "/onebot/v11/ws/"]) {
    const options = { limits: settings.limits, frameBytes: settings.limits.bridgeFrameBytes };
    services.router.upgrade(path, options, (head) => prepare(head, services), handlers);
  }
  return async () => {
    await Promise.all([...bots.values()].map((bot) => bot.stop()));
    for (const socket of [...sockets]) socket.end("going_away");
  };
}

function prepare(head: RequestHead, { settings }: Services): OnebotSocket {
  const given = /^(?:Bearer|Token) +(\S+) *$/i.exec(head.headers.get("authorization") ?? "")?.[1];
  const token = given ?? head.query.get("access_token") ?? undefined;
  if (token === undefined) throw new ParleyError("unauthorized");
  const expected = settings.onebotAccessToken;
  if (expected === undefined || !timingSafeEqual(digest(token), digest(expected)))
    throw new ParleyError("forbidden", { error: "access_token 无效", hint: "检查 ONEBOT_ACCESS_TOKEN" });
  const self = externalIdSchema.safeParse(head.headers.get("x-self-id"));
  const role = onebotRoleSchema.safeParse(head.headers.get("x-client-role"));
  if (!self.success) throw new ParleyError("invalid_request", { error: "请求参数错误: X-Self-ID" });
  if (!role.success) throw new ParleyError("invalid_request", { error: "请求参数错误: X-Client-Role" });
  return new OnebotSocket(self.data, role.data, settings.limits.bridgeCallMs);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** One QQ account with its connections: events come in on one, calls go out on one, perhaps the same. */
class QqBot implements Bridge {
  readonly platform = "qq";
  readonly #services: Services;
  readonly #inbound: Inbound;
  readonly #self: string;
  readonly #sockets = new Set<OnebotSocket>();
  readonly #sent = new Set<string>();
  #outbound: Outbound | undefined;

  constructor(services: Services, inbound: Inbound, self: string) {
    this.#services = services;
    this.#inbound = inbound;
    this.#self = self;
  }

  add(socket: OnebotSocket): void {
    this.#sockets.add(socket);
    if (socket.takesCalls) this.#outbound ??= new Outbound(this.#services, this, this.#self).start();
  }

  remove(socket: OnebotSocket): void {
    this.#sockets.delete(socket);
    if (this.#caller === undefined) void this.stop();
  }

  /** Ends the sending of replies; those that wait are sent when a connection comes. */
  async stop(): Promise<void> {
    const outbound = this.#outbound;
    this.#outbound = undefined;
    await outbound?.stop();
  }

  /** Takes a frame of a client: the answer to a call, or an event. */
  take(socket: OnebotSocket, text: string | undefined): void {
    const { log } = this.#services;
    let frame: unknown;
    try {
      frame = parseForeignJson(text ?? "");
    } catch {
      log.warn({ self: this.#self }, "OneBot frame is not JSON");
      return;
    }
    if (socket.answer(frame) || !isMessage(frame)) return;
    const message = onebotMessageSchema.safeParse(frame);
    if (!message.success)
      log.warn({ err: message.error, self: this.#self }, "OneBot message has another form");
    else if (message.data.user_id !== this.#self && message.data.self_id === this.#self)
      void this.#receive(message.data);
  }

  async send(text: OutboundText): Promise<Delivery> {
    const first = await this.#call(text, true);
    // The quoted message may be gone by now.
    if (first.kind === "answer" && failed(first) && text.first)
      return this.#delivery(await this.#call(text, false));
    return this.#delivery(first);
  }

  async #receive(message: OnebotMessage): Promise<void> {
    const { quotes, speech, ...inbound } = inboundOf(message, (id) => this.#sent.has(id));
    const { address, text, attachments, addressed } = inbound;
    const quoted = quotes !== undefined && !text.startsWith("/") ? quotes : undefined;
    if (text === "" && attachments.length === 0 && quoted === undefined && speech === undefined) {
      if (addressed && address.kind === "private")
        await this.#inbound.tell(this, address, "暂时只能处理文字、图片和语音消息");
      return;
    }
    const complete = async (user: string) => {
      const heard = speech === undefined ? inbound : await this.#hearing(inbound, speech, user);
      return quoted === undefined ? heard : this.#quoting(heard, quoted);
    };
    const more = quoted === undefined && speech === undefined ? {} : { complete };
    try {
      await this.#inbound.take(this, { ...inbound, ...more });
    } catch (err) {
      // OneBot does not repeat an event: its sender has to.
      await this.#inbound.tell(this, address, `${toParleyError(err).message}，请稍后重发`);
    }
  }

  /** The message with its spoken words in writing. */
  async #hearing(inbound: InboundMessage, speech: OnebotSegment, user: string): Promise<InboundMessage> {
    const said = await spokenText(this.#services, user, async () => {
      const params = { file: field(speech, "file"), out_format: "mp3" };
      const converted = (await this.#caller?.call("get_record", params)) ?? { kind: "unsent" as const };
      const recording = recordingOf(speech, converted);
      if (recording === undefined || "bytes" in recording) return recording?.bytes;
      return recordingAt(recording.url, this.#services);
    });
    return { ...inbound, text: [inbound.text, said].filter((part) => part !== "").join("\n") };
  }

  /** The message with what it quotes, as far as the client still has that. */
  async #quoting(inbound: InboundMessage, id: string): Promise<InboundMessage> {
    const number = Number(id);
    const params = { message_id: Number.isSafeInteger(number) ? number : id };
    const result = await this.#caller?.call("get_msg", params);
    return result === undefined ? inbound : withQuoted(inbound, result);
  }

  get #caller(): OnebotSocket | undefined {
    return [...this.#sockets].findLast(({ takesCalls }) => takesCalls);
  }

  #call(text: OutboundText, quote: boolean): Promise<CallResult> {
    const { kind, chat } = text.address;
    const message = segmentsOf(text, quote);
    const target = kind === "group" ? { group_id: Number(chat) } : { user_id: Number(chat) };
    const action = kind === "group" ? "send_group_msg" : "send_private_msg";
    return this.#caller?.call(action, { ...target, message }) ?? Promise.resolve({ kind: "unsent" });
  }

  #delivery(result: CallResult): Delivery {
    if (result.kind !== "answer") return result;
    const { answer } = result;
    if (failed(result))
      return { kind: "refused", reason: `retcode ${answer.retcode} ${answer.wording ?? ""}` };
    const sent = z.object({ message_id: z.union([z.int(), z.string()]) }).safeParse(answer.data);
    if (sent.success) this.#sent.add(String(sent.data.message_id));
    if (this.#sent.size > rememberedSent) this.#sent.delete(this.#sent.values().next().value ?? "");
    return { kind: "sent" };
  }
}

function failed(result: CallResult): boolean {
  return result.kind === "answer" && result.answer.status === "failed";
}

function isMessage(frame: unknown): boolean {
  return typeof frame === "object" && frame !== null && "post_type" in frame && frame.post_type === "message";
}
