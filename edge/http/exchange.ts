import type { HttpResponse } from "uWebSockets.js";
import { STATUS_CODES } from "node:http";
import type { ParleyError } from "../../schemas/errors.ts";
import { type ErrorShape, errorBody } from "./error-shape.ts";
import type { RequestHead } from "./request-head.ts";

/** Response headers by lower-case name. */
export type AnswerHeaders = Readonly<Record<string, string>>;

/** Constructor options of an exchange. */
export interface ExchangeOptions {
  shape: ErrorShape;
  /** Headers of every response to this request (CORS). */
  headers: AnswerHeaders;
  /** Called once, when the response begins. */
  onAnswer: (status: number) => void;
  /** Called once, when the request ends for any reason. */
  onDone: () => void;
}

const jsonType: AnswerHeaders = { "content-type": "application/json; charset=utf-8" };
const always: AnswerHeaders = { "x-content-type-options": "nosniff", "cache-control": "no-store" };

/** One request and its response. No method throws or writes after the client has disconnected. */
export class Exchange {
  readonly head: RequestHead;
  readonly #res: HttpResponse;
  readonly #options: ExchangeOptions;
  #aborted = false;
  #answered = false;
  #done = false;
  #onAbort: (() => void)[] = [];
  #onOver: (() => void)[] = [];
  #onAnswered: (() => void) | undefined;
  #beforeAnswer: () => void = () => {};
  /** Resumes a response that waits for its client. */
  #wake: () => void = () => {};

  constructor(res: HttpResponse, head: RequestHead, options: ExchangeOptions) {
    this.#res = res;
    this.head = head;
    this.#options = options;
    res.onAborted(() => {
      this.#aborted = true;
      for (const fn of this.#onAbort) fn();
      this.#wake();
      this.#finish();
    });
  }

  /** Whether the client has disconnected or the response is complete. */
  get over(): boolean {
    return this.#done;
  }

  /** Whether the response has begun. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Runs `fn` when the client disconnects before the response is complete. */
  onAbort(fn: () => void): void {
    if (this.#aborted) fn();
    else this.#onAbort.push(fn);
  }

  /** Runs `fn` just before the response begins. Holds one callback. */
  beforeAnswer(fn: () => void): void {
    this.#beforeAnswer = fn;
  }

  /** Runs `fn` once, when the response begins or the client disconnects first. Holds one callback. */
  onAnswered(fn: () => void): void {
    if (this.#answered || this.#done) fn();
    else this.#onAnswered = fn;
  }

  /** Runs `fn` when the exchange ends for any reason. */
  onOver(fn: () => void): void {
    if (this.#done) fn();
    else this.#onOver.push(fn);
  }

  /** Responds with JSON. */
  json(status: number, body: unknown, headers: AnswerHeaders = {}): void {
    this.send(status, JSON.stringify(body), { ...jsonType, ...headers });
  }

  /** Responds with the error in the route's shape. `close` also closes the connection. */
  error(error: ParleyError, close = false): void {
    this.errorWith(error, {}, close);
  }

  /** As `error`, with additional headers. */
  errorWith(error: ParleyError, headers: AnswerHeaders, close = false): void {
    const body = JSON.stringify(errorBody(error, this.#options.shape));
    this.send(
      error.status,
      body,
      { ...jsonType, ...retryHeader(error), ...error.headers, ...headers },
      close,
    );
  }

  /** Responds with a whole body, or an empty one. A second response is ignored. */
  send(status: number, body: string | undefined, headers: AnswerHeaders = {}, close = false): void {
    if (this.#answered || this.#aborted) return;
    this.#begin(status);
    this.#res.cork(() => {
      this.#writeHead(status, headers);
      if (body === undefined) this.#endEmpty();
      else if (this.head.method === "HEAD" && !close) this.#endEmpty(Buffer.byteLength(body));
      else if (this.head.method === "HEAD") this.#res.endWithoutBody(Buffer.byteLength(body), true);
      else this.#res.end(body, close);
    });
    this.#finish();
  }

  /** Responds without a body; `length` is the length of the body that a GET would return. */
  empty(status: number, headers: AnswerHeaders, length?: number): void {
    if (this.#answered || this.#aborted) return;
    this.#begin(status);
    this.#res.cork(() => {
      this.#writeHead(status, headers);
      this.#endEmpty(length);
    });
    this.#finish();
  }

  /**
   * Content-Length is set by hand: `endWithoutBody(length)` waits for that many bytes, which blocks the
   * connection, and with `undefined` it announces 2^63 of them.
   */
  #endEmpty(length?: number): void {
    if (length !== undefined) this.#res.writeHeader("content-length", String(length));
    this.#res.endWithoutBody();
  }

  /**
   * Responds with a body of `size` bytes in chunks. Each is read after the client has taken the previous one.
   */
  async pieces(
    status: number,
    headers: AnswerHeaders,
    size: number,
    parts: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    if (size === 0) return this.send(status, "", headers);
    if (this.#answered || this.#aborted) return;
    this.#begin(status);
    this.#res.cork(() => this.#writeHead(status, headers));
    for await (const part of parts) {
      if (this.#done) return;
      await this.#piece(part, size);
    }
    // Shorter than announced: close, so that the client does not accept a truncated body.
    if (!this.#done) this.drop();
  }

  /** Resolves when the client has taken the chunk or disconnected. */
  #piece(part: Uint8Array, size: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      const start = this.#res.getWriteOffset();
      const send = (from: number): boolean => {
        let free = true;
        let complete = false;
        this.#res.cork(() => {
          [free, complete] = this.#res.tryEnd(part.subarray(from - start), size);
        });
        if (complete) this.#finish();
        if (free || complete) resolve();
        return free || complete;
      };
      if (!send(start)) this.#res.onWritable(send);
    });
  }

  /** Begins a response whose body follows in chunks. */
  begin(status: number, headers: AnswerHeaders): void {
    if (this.#answered || this.#aborted) return;
    this.#begin(status);
    this.#res.cork(() => this.#writeHead(status, headers));
  }

  /** Sends a chunk; false when it had to be buffered. Ignored after the client has disconnected. */
  write(part: string | Uint8Array): boolean {
    if (this.#done) return true;
    let free = true;
    this.#res.cork(() => {
      free = this.#res.write(part);
    });
    return free;
  }

  /** Resolves when the buffer has drained or the client has disconnected. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#done) return resolve();
      this.onAbort(resolve);
      this.#res.onWritable(() => {
        resolve();
        return true;
      });
    });
  }

  /** Completes a response that has begun. */
  end(): void {
    if (this.#done) return;
    this.#res.cork(() => this.#res.end());
    this.#finish();
  }

  /**
   * Hands over the raw response, once, for a WebSocket upgrade; not called after the client has disconnected.
   * Never corked: when the socket keeps its address, uWebSockets.js treats it as a response at uncork and may
   * close it.
   */
  hijack(act: (res: HttpResponse) => void): void {
    if (this.#answered || this.#aborted) return;
    this.#begin(101);
    act(this.#res);
    this.#finish();
  }

  /** Closes the connection. */
  drop(): void {
    if (!this.#done) this.#res.close();
  }

  #begin(status: number): void {
    this.#answered = true;
    this.#beforeAnswer();
    this.#settleAnswered();
    this.#options.onAnswer(status);
  }

  #settleAnswered(): void {
    this.#onAnswered?.();
    this.#onAnswered = undefined;
  }

  #writeHead(status: number, headers: AnswerHeaders): void {
    this.#res.writeStatus(`${status} ${STATUS_CODES[status] ?? "Unknown"}`);
    const common = this.#options.headers;
    const all: Record<string, string> = { ...always, ...common, ...headers };
    // Both vary by header: the response by its token, CORS by the origin.
    if (common.vary !== undefined && headers.vary !== undefined) all.vary = `${common.vary}, ${headers.vary}`;
    for (const [name, value] of Object.entries(all)) {
      // A header value must be a single line, whatever its source.
      this.#res.writeHeader(name, value.replace(/[\r\n]/g, " "));
    }
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#onAbort = [];
    this.#settleAnswered();
    for (const fn of this.#onOver.splice(0)) fn();
    this.#options.onDone();
  }
}

function retryHeader(error: ParleyError): AnswerHeaders {
  return error.retryAfter === undefined ? {} : { "retry-after": String(error.retryAfter) };
}
