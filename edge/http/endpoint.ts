import type { Caller } from "../admission/admission.ts";
import type { BodyStream } from "./body-stream.ts";
import type { ErrorShape } from "./error-shape.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestHead } from "./request-head.ts";

/** Type of the request body that a handler receives, by the endpoint's body kind. */
interface Bodies {
  /** No body: one that is sent anyway is discarded. */
  none: undefined;
  /** Parsed JSON; `{}` for an empty body. */
  json: unknown;
  /** The raw bytes. */
  bytes: Buffer;
  /** The raw bytes as a stream. */
  stream: BodyStream;
}
export type BodyKind = keyof Bodies;

/** Authenticates a request from its head alone. Throwing rejects the request before its body is read. */
export type Authorize = (head: RequestHead) => Caller | Promise<Caller>;

/** A method on a path. A request passes head, `authorize`, rate limit, body and `handler`, in this order. */
export interface Endpoint<Kind extends BodyKind = "none"> {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `:name` parts. GET answers HEAD too. */
  path: string;
  /** Without it the endpoint is public. */
  authorize?: Authorize;
  /** Body kind passed to the handler; no body by default. */
  body?: Kind;
  /** Largest body. Default: the limit `jsonBodyBytes`, or `publicBodyBytes` for unauthenticated callers. */
  maxBytes?: number;
  errors?: ErrorShape;
  urlBytes?: number;
  /** Answers the request; an exception becomes an error in the route's shape. */
  handler(exchange: Exchange, caller: Caller, body: Bodies[Kind]): void | Promise<void>;
}

/** An endpoint of any body kind, as the router stores it. */
export type AnyEndpoint = { [Kind in BodyKind]: Endpoint<Kind> & { body: Kind } }[BodyKind];
