import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { Admission, Caller } from "../admission/admission.ts";
import type { Exchange } from "./exchange.ts";
import type { IncomingBody } from "./incoming-body.ts";
import type { RequestHead } from "./request-head.ts";

/** Body limits of one caller. */
export interface BodyBounds {
  caller: Caller;
  maxBytes: number;
}

/**
 * Leading bytes of each body that have a budget of their own, so that small bodies pass while large ones have
 * exhausted theirs.
 */
const smallBytes = 64 * 1024;

/** Reads whole request bodies, with limits on size and time, and on bytes per caller and in total. */
export class BodyReader {
  readonly #limits: Pick<Limits, "bodyTimeoutMs">;
  readonly #admission: Admission;

  constructor(limits: Pick<Limits, "bodyTimeoutMs">, admission: Admission) {
    this.#limits = limits;
    this.#admission = admission;
  }

  /**
   * Reads the whole body.
   * @throws ParleyError `payload_too_large`, `rate_limited` (the caller has too many bodies at a time), or
   * `invalid_request` when the client was too slow or disconnected
   */
  read(exchange: Exchange, incoming: IncomingBody, { caller, maxBytes }: BodyBounds): Promise<Buffer> {
    const account = new BodyAccount(this.#admission, caller);
    return new Promise<Buffer>((resolve, reject) => {
      const parts: Buffer[] = [];
      let size = 0;
      let settled = false;
      const settle = (act: () => void) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        account.close();
        act();
      };
      const fail = (error: ParleyError) => settle(() => reject(error));
      const timer = setTimeout(
        () => fail(new ParleyError("invalid_request", { error: "请求体接收超时" })),
        this.#limits.bodyTimeoutMs,
      );
      exchange.onAbort(() => fail(new ParleyError("invalid_request")));
      if ((exchange.head.contentLength ?? 0) > maxBytes) return fail(new ParleyError("payload_too_large"));
      if (incoming.lost) return fail(new ParleyError("rate_limited"));
      incoming.read((part, last) => {
        if (settled) return;
        size += part.length;
        if (size > maxBytes) return fail(new ParleyError("payload_too_large"));
        if (!account.take(part.length)) return fail(new ParleyError("rate_limited"));
        parts.push(part);
        if (last) settle(() => resolve(Buffer.concat(parts)));
      });
    });
  }
}

/** Bytes of the budgets held by one body. */
class BodyAccount {
  readonly #admission: Admission;
  readonly #holder: string;
  readonly #known: boolean;
  #small = 0;
  #large = 0;

  constructor(admission: Admission, { holder }: Caller) {
    this.#admission = admission;
    this.#holder = holder;
    this.#known = !holder.startsWith("address:");
  }

  take(bytes: number): boolean {
    const { strangerBodies, smallBodies, largeBodies } = this.#admission;
    const small = this.#known ? Math.min(bytes, Math.max(0, smallBytes - this.#small)) : bytes;
    if (!(this.#known ? smallBodies : strangerBodies).take(this.#holder, small)) return false;
    this.#small += small;
    if (small === bytes) return true;
    if (!largeBodies.take(this.#holder, bytes - small)) return false;
    this.#large += bytes - small;
    return true;
  }

  close(): void {
    const { strangerBodies, smallBodies, largeBodies } = this.#admission;
    (this.#known ? smallBodies : strangerBodies).give(this.#holder, this.#small);
    largeBodies.give(this.#holder, this.#large);
  }
}

/**
 * Rejects a body that is not plain JSON; an empty one needs no Content-Type.
 * @throws ParleyError
 * `unsupported_media_type`
 */
export function checkJsonType(head: RequestHead, empty: boolean): void {
  const encoding = head.headers.get("content-encoding");
  if (encoding !== undefined && encoding !== "identity") {
    throw new ParleyError("unsupported_media_type", { error: "不支持的 Content-Encoding" });
  }
  const type = head.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (empty && type === undefined) return;
  if (type === "application/json" || type?.endsWith("+json")) return;
  throw new ParleyError("unsupported_media_type");
}
