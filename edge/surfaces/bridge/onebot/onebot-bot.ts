import { z } from "zod";
import { parseForeignJson } from "../../../../schemas/foreign-json.ts";
import {
  type OnebotAnswer,
  type OnebotMessage,
  type OnebotSegment,
  onebotMessageSchema,
} from "../../../../schemas/wire/onebot.ts";
import { toParleyError } from "../../../http/error-shape.ts";
import type { Services } from "../../../services.ts";
import type { Bridge, Delivery, InboundMessage, OutboundText } from "../bridge.ts";
import type { Inbound } from "../inbound.ts";
import { Outbound } from "../outbound.ts";
import { quotation } from "../quotation.ts";
import { recordingAt, spokenText } from "../spoken-text.ts";
import { inboundOf, type OnebotInbound, segmentsOf } from "./onebot-message.ts";
import { type Call, quoting, readForward, readQuoted } from "./onebot-quote.ts";
import { field } from "./onebot-segments.ts";
import type { CallResult, OnebotSocket } from "./onebot-socket.ts";
import { recordingOf } from "./onebot-speech.ts";

/** Own message ids remembered, to recognise quotations of the bot without a call to the client. */
const rememberedSent = 1_000;
/** Limit of concurrent lookups of quoted group messages; messages beyond it are ignored. */
const mostLookups = 16;
/** Client error codes for a send with an unknown result. */
const unknownCodes = new Set([1200]);

/** One QQ account with its connections: events arrive on one, calls are sent on one, possibly the same. */
export class OnebotBot implements Bridge {
  readonly platform = "qq";
  readonly #services: Services;
  readonly #inbound: Inbound;
  readonly #self: string;
  readonly #sockets = new Set<OnebotSocket>();
  readonly #sent = new Set<string>();
  #lookups = 0;
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

  /** Stops sending replies; queued ones are sent after a reconnect. */
  async stop(): Promise<void> {
    const outbound = this.#outbound;
    this.#outbound = undefined;
    await outbound?.stop();
  }

  /** Processes a frame of a client: a response to a call, or an event. */
  take(socket: OnebotSocket, text: string | undefined): void {
    const { log } = this.#services;
    let frame: unknown;
    try {
      frame = parseForeignJson(text ?? "");
    } catch (err) {
      log.warn({ err, self: this.#self }, "invalid OneBot frame");
      return;
    }
    if (socket.answer(frame) || !isMessage(frame)) return;
    const message = onebotMessageSchema.safeParse(frame);
    if (!message.success) log.warn({ err: message.error, self: this.#self }, "invalid OneBot message");
    else if (message.data.user_id !== this.#self && message.data.self_id === this.#self)
      void this.#receive(message.data);
  }

  async send(text: OutboundText): Promise<Delivery> {
    const first = this.#delivery(await this.#send(text, true));
    // The quoted message may be deleted by now.
    if (first.kind === "refused" && text.first) return this.#delivery(await this.#send(text, false));
    return first;
  }

  async #receive(message: OnebotMessage): Promise<void> {
    const inbound = inboundOf(message, (id) => this.#sent.has(id));
    try {
      const addressed = inbound.addressed || (await this.#quotesBot(inbound));
      const complete = (user: string) => this.#complete({ ...inbound, addressed }, user);
      await this.#inbound.take(this, { ...inbound, addressed, complete });
    } catch (err) {
      // OneBot does not redeliver events: the sender must repeat the message.
      await this.#inbound.tell(this, inbound.address, `${toParleyError(err).message}，请稍后重发`);
    }
  }

  /**
   * Whether a group message quotes a message of the bot that this process did not send, as after a restart.
   */
  async #quotesBot({ quotes }: OnebotInbound): Promise<boolean> {
    if (quotes === undefined || this.#lookups >= mostLookups) return false;
    this.#lookups += 1;
    try {
      const quoted = await readQuoted(this.#call, quotes, this.#self);
      if (quoted?.sender !== this.#self) return false;
      this.#remember(quotes);
      return true;
    } finally {
      this.#lookups -= 1;
    }
  }

  /** Loads the message's speech, merged forward and quotation. */
  async #complete(inbound: OnebotInbound, user: string): Promise<InboundMessage> {
    const { quotes, speech, forward, ...own } = inbound;
    const message = { ...own, ...(forward !== undefined && { quotesOthers: true as const }) };
    const said = speech === undefined ? "" : await this.#spoken(speech, user);
    const inner =
      forward === undefined
        ? ""
        : quotation(undefined, await readForward(this.#call, forward, this.#self)).replace("> ?: ", "> ");
    const text = [message.text, said, inner].filter((part) => part !== "").join("\n");
    if (quotes === undefined || text.startsWith("/")) return { ...message, text };
    const quoted = await readQuoted(this.#call, quotes, this.#self);
    return quoted === undefined ? { ...message, text } : quoting({ ...message, text }, quoted);
  }

  #spoken(speech: OnebotSegment, user: string): Promise<string> {
    return spokenText(this.#services, user, async () => {
      const params = { file: field(speech, "file"), out_format: "mp3" };
      const recording = recordingOf(speech, await this.#call("get_record", params));
      if (recording === undefined || "bytes" in recording) return recording?.bytes;
      return recordingAt(recording.url, this.#services);
    });
  }

  get #caller(): OnebotSocket | undefined {
    return [...this.#sockets].findLast(({ takesCalls }) => takesCalls);
  }

  readonly #call: Call = (action, params) =>
    this.#caller?.call(action, params) ?? Promise.resolve({ kind: "unsent" });

  #send(text: OutboundText, quote: boolean): Promise<CallResult> {
    const { kind, chat, thread } = text.address;
    const message = segmentsOf(text, quote);
    if (kind === "group") return this.#call("send_group_msg", { group_id: Number(chat), message });
    const over = thread === undefined ? {} : { group_id: Number(thread) };
    return this.#call("send_private_msg", { user_id: Number(chat), ...over, message });
  }

  #delivery(result: CallResult): Delivery {
    if (result.kind !== "answer") return result;
    const { answer } = result;
    if (isUnknown(answer)) return { kind: "unknown" };
    if (answer.status === "failed") return { kind: "refused", reason: reasonOf(answer) };
    const sent = z.object({ message_id: z.union([z.int(), z.string()]) }).safeParse(answer.data);
    if (sent.success) this.#remember(String(sent.data.message_id));
    return { kind: "sent" };
  }

  #remember(messageId: string): void {
    this.#sent.add(messageId);
    if (this.#sent.size > rememberedSent) this.#sent.delete(this.#sent.values().next().value ?? "");
  }
}

/**
 * A client that timed out internally does not know whether the message was sent: a retry might show it twice.
 */
function isUnknown(answer: OnebotAnswer): boolean {
  if (answer.status !== "failed") return false;
  return unknownCodes.has(answer.retcode ?? 0) || /time\s?-?out|超时/i.test(reasonOf(answer));
}

function reasonOf({ retcode, wording, message }: OnebotAnswer): string {
  return `retcode ${retcode ?? "?"} ${wording ?? message ?? ""}`.trim();
}

function isMessage(frame: unknown): boolean {
  return typeof frame === "object" && frame !== null && "post_type" in frame && frame.post_type === "message";
}
