import type { Limits } from "../../schemas/limits.ts";
import type { AnswerHeaders, Exchange } from "./exchange.ts";

/** One server-sent event. */
export interface ServerEvent {
  /** Event type; `message` by default. */
  event?: string;
  id?: string;
  data?: string;
  /** Reconnection delay of a disconnected reader, ms. */
  retry?: number;
}

const headers = {
  "content-type": "text/event-stream;charset=utf-8",
  "cache-control": "no-cache, no-transform",
  // Tells nginx not to buffer events.
  "x-accel-buffering": "no",
};

/** Text of an event (WHATWG HTML, 9.2): one `data:` line for each line, and an empty one at the end. */
function encodeEvent({ event, id, data, retry }: ServerEvent): string {
  const lines = data === undefined ? [] : data.split(/\r\n|\r|\n/).map((line) => `data: ${line}`);
  const head = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(retry === undefined ? [] : [`retry: ${retry}`]),
  ];
  return `${[...head, ...lines].join("\n")}\n\n`;
}

/** A response of server-sent events: kept alive by comments, closed when its reader falls too far behind. */
export class EventStream {
  readonly #exchange: Exchange;
  readonly #limits: Pick<Limits, "keepAliveMs" | "socketBackpressureBytes">;
  #unsent = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Sends status 200 and the given headers. */
  constructor(
    exchange: Exchange,
    limits: Pick<Limits, "keepAliveMs" | "socketBackpressureBytes">,
    more: AnswerHeaders = {},
  ) {
    this.#exchange = exchange;
    this.#limits = limits;
    exchange.onAbort(() => clearTimeout(this.#timer));
    exchange.begin(200, { ...headers, ...more });
    this.#restart();
  }

  /** Sends an event. */
  send(event: ServerEvent): void {
    this.#write(encodeEvent(event));
  }

  /** Sends a comment, which readers ignore. It flushes the response's head. */
  comment(text: string): void {
    this.#write(`: ${text}\n\n`);
  }

  /** Completes the response. */
  end(): void {
    clearTimeout(this.#timer);
    this.#exchange.end();
  }

  #write(text: string): void {
    if (this.#exchange.over) return;
    // uWebSockets.js buffers without a limit here. Counts from the first write that was not sent at once.
    this.#unsent = this.#exchange.write(text) ? 0 : this.#unsent + Buffer.byteLength(text);
    if (this.#unsent > this.#limits.socketBackpressureBytes) this.#exchange.drop();
    else this.#restart();
  }

  #restart(): void {
    clearTimeout(this.#timer);
    if (this.#exchange.over) return;
    this.#timer = setTimeout(() => this.#write(": keep-alive\n\n"), this.#limits.keepAliveMs);
  }
}
