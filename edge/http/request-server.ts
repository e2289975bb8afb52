import type { HttpResponse } from "uWebSockets.js";
import { setImmediate } from "node:timers/promises";
import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { parseForeignJson } from "../../schemas/foreign-json.ts";
import type { Limits } from "../../schemas/limits.ts";
import { type Admission, type Caller, stranger } from "../admission/admission.ts";
import { BodyReader, checkJsonType } from "./body.ts";
import { BodyStream } from "./body-stream.ts";
import type { AnyEndpoint } from "./endpoint.ts";
import { toParleyError } from "./error-shape.ts";
import type { Exchange } from "./exchange.ts";
import type { IncomingBody } from "./incoming-body.ts";
import { answerRefused } from "./refused-body.ts";

/** JSON of this size or more is parsed in its own turn of the event loop, bytes. */
const largeBytes = 256 * 1024;

/** Runs each request through its steps: authentication by the head, rate limit, body, handler. */
export class RequestServer {
  readonly #limits: Limits;
  readonly #admission: Admission;
  readonly #log: Logger;
  readonly #bodies: BodyReader;

  constructor(limits: Limits, admission: Admission, log: Logger) {
    this.#limits = limits;
    this.#admission = admission;
    this.#log = log;
    this.#bodies = new BodyReader(limits, admission);
  }

  /** Serves a request; must be called in the event-loop turn in which its head was read. Never rejects. */
  async serve(
    res: HttpResponse,
    exchange: Exchange,
    endpoint: AnyEndpoint,
    incoming: IncomingBody | undefined,
  ): Promise<void> {
    let stream: BodyStream | undefined;
    try {
      const admitted = this.#admit(exchange, endpoint);
      // Avoid an await where possible: the body is then read as it arrives, without buffering.
      const caller = admitted instanceof Promise ? await admitted : admitted;
      if (exchange.over) return;
      switch (endpoint.body) {
        case "none":
          await endpoint.handler(exchange, caller, undefined);
          break;
        case "stream":
          if (incoming === undefined) throw new TypeError(`${endpoint.method} has no body`);
          stream = new BodyStream(res, incoming, exchange, this.#limits);
          await endpoint.handler(exchange, caller, stream);
          break;
        case "bytes":
          await endpoint.handler(exchange, caller, await this.#read(exchange, endpoint, caller, incoming));
          break;
        case "json":
          await endpoint.handler(exchange, caller, await this.#json(exchange, endpoint, caller, incoming));
          break;
        default:
          endpoint satisfies never;
      }
    } catch (cause) {
      if (stream !== undefined) await this.#drain(exchange, stream, cause);
      this.#fail(exchange, endpoint.path, cause, stream === undefined ? incoming : undefined);
    }
  }

  /** Runs an upgrade within its address's share; an exception becomes the response. */
  async run(exchange: Exchange, route: string, work: () => Promise<void>): Promise<void> {
    try {
      this.#hold(exchange, stranger(exchange.head.ip).holder);
      await work();
    } catch (cause) {
      this.#fail(exchange, route, cause, undefined);
    }
  }

  /**
   * Authenticates the caller and counts the request in its rate and open requests; synchronous when the head
   * is sufficient.
   * @throws ParleyError when the request is rejected
   */
  #admit(exchange: Exchange, { authorize, body }: AnyEndpoint): Caller | Promise<Caller> {
    const unknown = stranger(exchange.head.ip);
    const move = this.#hold(exchange, unknown.holder);
    const counted = (caller: Caller) => {
      if (caller.holder !== unknown.holder) move(caller.holder);
      // Public reads are cheap, and an operator's probes must never be rejected.
      if (authorize !== undefined || body !== "none") this.#admission.countRequest(caller);
      return caller;
    };
    const judged = authorize?.(exchange.head) ?? unknown;
    return judged instanceof Promise ? judged.then(counted) : counted(judged);
  }

  /** Counts a request until its response begins. Returns a function that moves it to another holder. */
  #hold(exchange: Exchange, first: string): (holder: string) => void {
    const { requests } = this.#admission;
    let holder: string | undefined;
    const take = (next: string) => {
      if (holder !== undefined) requests.give(holder);
      holder = undefined;
      if (!requests.take(next)) throw new ParleyError("rate_limited");
      holder = next;
    };
    exchange.onAnswered(() => {
      if (holder !== undefined) requests.give(holder);
      holder = undefined;
    });
    take(first);
    return take;
  }

  async #json(
    exchange: Exchange,
    endpoint: AnyEndpoint,
    caller: Caller,
    incoming: IncomingBody | undefined,
  ): Promise<unknown> {
    const { head } = exchange;
    // Reject by Content-Type before reading the body.
    if ((head.contentLength ?? 0) > 0) checkJsonType(head, false);
    const bytes = await this.#read(exchange, endpoint, caller, incoming);
    checkJsonType(head, bytes.length === 0);
    if (bytes.length === 0) return {};
    if (bytes.length < largeBytes) return parseForeignJson(bytes);
    // Each step of a large body is slow: yield to other requests between them.
    await setImmediate();
    const value = parseForeignJson(bytes);
    await setImmediate();
    return value;
  }

  async #read(
    exchange: Exchange,
    endpoint: AnyEndpoint,
    caller: Caller,
    incoming: IncomingBody | undefined,
  ): Promise<Buffer> {
    if (incoming === undefined) return Buffer.alloc(0);
    const known = !caller.holder.startsWith("address:");
    const { jsonBodyBytes, publicBodyBytes } = this.#limits;
    const most = endpoint.maxBytes ?? jsonBodyBytes;
    const maxBytes = known ? most : Math.min(most, publicBodyBytes);
    return this.#bodies.read(exchange, incoming, { caller, maxBytes });
  }

  /**
   * A client that is still sending doesn't read the response: respond after its last byte, or after the drain
   * limit.
   */
  async #drain(exchange: Exchange, stream: BodyStream, cause: unknown): Promise<void> {
    if (await stream.drain(this.#limits.refusedBodyBytes)) return;
    if (!exchange.answered) exchange.error(toParleyError(cause), true);
  }

  #fail(exchange: Exchange, route: string, cause: unknown, incoming: IncomingBody | undefined): void {
    const error = toParleyError(cause);
    if (error.status === 500) this.#log.error({ err: cause, route }, "request failed");
    if (exchange.over) return;
    if (exchange.answered) exchange.drop();
    else if (incoming === undefined) exchange.error(error);
    else answerRefused(exchange, incoming, this.#limits, (close) => exchange.error(error, close));
  }
}
