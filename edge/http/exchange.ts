import type { HttpResponse } from "uWebSockets.js";
import { STATUS_CODES } from "node:http";
import type { ParleyError } from "../../schemas/errors.ts";
import { type ErrorShape, errorBody } from "./error-shape.ts";
import type { RequestHead } from "./request-head.ts";

/** Headers of an answer, by lower-case name. */
export type AnswerHeaders = Readonly<Record<string, string>>;

/** What an exchange is made with. */
export interface ExchangeOptions {
  shape: ErrorShape;
  /** Headers that every answer of this request has (CORS). */
  headers: AnswerHeaders;
  /** Called once, when the answer begins. */
  onAnswer: (status: number) => void;
  /** Called once, when the request is over in whatever way. */
  onDone: () => void;
}

const jsonType: AnswerHeaders = { "content-type": "application/json; charset=utf-8" };
const always: AnswerHeaders = { "x-content-type-options": "nosniff", "cache-control": "no-store" };

/** One request and its answer. Nothing of it throws or writes after the client has gone. */
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
  /** Goes on with an answer that waits for its client. */
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

  /** Whether the client has gone or the answer is complete. */
  get over(): boolean {
    return this.#done;
  }

  /** Whether an answer has begun. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Runs `fn` when the client goes before its answer is complete. */
  onAbort(fn: () => void): void {
    if (this.#aborted) fn();
    else this.#onAbort.push(fn);
  }

  /** Runs `fn` just before the answer begins; there is one such `fn`. */
  beforeAnswer(fn: () => void): void {
    this.#beforeAnswer = fn;
  }

  /** Runs `fn` once, when the answer begins or the client has gone without one; there is one such `fn`. */
  onAnswered(fn: () => void): void {
    if (this.#answered || this.#done) fn();
    else this.#onAnswered = fn;
  }

  /** Runs `fn` when the exchange is over, in whatever way. */
  onOver(fn: () => void): void {
    if (this.#done) fn();
    else this.#onOver.push(fn);
  }

  /** Answers JSON. */
  json(status: number, body: unknown, headers: AnswerHeaders = {}): void {
    this.send(status, JSON.stringify(body), { ...jsonType, ...headers });
  }

  /** Answers the error in the shape of the route. `close` ends the connection with it. */
  error(error: ParleyError, close = false): void {
    this.errorWith(error, {}, close);
  }

  /** The same with headers of its own. */
  errorWith(error: ParleyError, headers: AnswerHeaders, close = false): void {
    const body = JSON.stringify(errorBody(error, this.#options.shape));
    this.send(
      error.status,
      body,
      { ...jsonType, ...retryHeader(error), ...error.headers, ...headers },
      close,
    );
  }

  /** Answers a whole body, or none. A second answer is ignored. */
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

  /** Answers without a body; `length` is that of the body which a GET would get. */
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
   * The length is a header of ours: `endWithoutBody(length)` waits for that many bytes, so that the connection could take
   * no further request, and given `undefined` it announces 2^63 of them.
   */
  #endEmpty(length?: number): void {
    if (length !== undefined) this.#res.writeHeader("content-length", String(length));
    this.#res.endWithoutBody();
  }

  /** Answers a body of `size` bytes in pieces, each of which is fetched when the client has taken the one before. */
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
    // Less than was announced: the client must not take it for the whole.
    if (!this.#done) this.drop();
  }

  /** Resolves when the client has taken the piece, or has gone. */
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

  /** Begins an answer whose body follows in pieces. */
  begin(status: number, headers: AnswerHeaders): void {
    if (this.#answered || this.#aborted) return;
    this.#begin(status);
    this.#res.cork(() => this.#writeHead(status, headers));
  }

  /** Sends a piece; false when it had to be buffered. Ignored when the client has gone. */
  write(part: string | Uint8Array): boolean {
    if (this.#done) return true;
    let free = true;
    this.#res.cork(() => {
      free = this.#res.write(part);
    });
    return free;
  }

  /** Resolves when what was buffered has gone out, or the client. */
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

  /** Completes an answer that was begun. */
  end(): void {
    if (this.#done) return;
    this.#res.cork(() => this.#res.end());
    this.#finish();
  }

  /**
   * Hands the raw response over, once, to become a WebSocket; not called when the client has gone. Never corked: where the
   * socket keeps its address, uWebSockets.js reads it as a response when the cork ends, and may close it as one.
   */
  hijack(act: (res: HttpResponse) => void): void {
    if (this.#answered || this.#aborted) return;
    this.#begin(101);
    act(this.#res);
    this.#finish();
  }

  /** Drops the connection. */
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
    // Both may depend on a header: the answer on its token, CORS on the origin.
    if (common.vary !== undefined && headers.vary !== undefined) all.vary = `${common.vary}, ${headers.vary}`;
    for (const [name, value] of Object.entries(all)) {
      // A header value is one line, wherever it comes from.
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
