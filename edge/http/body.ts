import type { HttpResponse } from "uWebSockets.js";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { RequestHead } from "./request-head.ts";

/** Reads request bodies, each and all together bounded. */
export class BodyReader {
  readonly #limits: Limits;
  #inFlight = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * The whole body. Must be called before the first await of a request, or its first bytes are lost.
   * @throws ParleyError `payload_too_large`, `service_unavailable` (too many bodies at a time), or `invalid_request`
   * when the client was too slow
   */
  read(
    res: HttpResponse,
    head: RequestHead,
    onAbort: (fn: () => void) => void,
    maxBytes = this.#limits.jsonBodyBytes,
  ): Promise<Buffer> {
    const { bodiesInFlightBytes, bodyTimeoutMs } = this.#limits;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      let settled = false;
      const settle = (act: () => void) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        this.#inFlight -= size;
        act();
      };
      const fail = (error: ParleyError) => settle(() => reject(error));
      const timer = setTimeout(
        () => fail(new ParleyError("invalid_request", { error: "请求体接收超时" })),
        bodyTimeoutMs,
      );
      onAbort(() => fail(new ParleyError("invalid_request")));
      if ((head.contentLength ?? 0) > maxBytes) return fail(new ParleyError("payload_too_large"));
      res.onData((part, last) => {
        if (settled) return;
        size += part.byteLength;
        this.#inFlight += part.byteLength;
        if (size > maxBytes) return fail(new ParleyError("payload_too_large"));
        if (this.#inFlight > bodiesInFlightBytes) return fail(new ParleyError("service_unavailable"));
        // A copy: uWebSockets.js empties its buffer when this call returns.
        chunks.push(Buffer.copyBytesFrom(new Uint8Array(part)));
        if (last) settle(() => resolve(Buffer.concat(chunks)));
      });
    });
  }
}

/** Refuses a body that is not plain JSON; an empty one needs no Content-Type. @throws ParleyError `unsupported_media_type` */
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
