import type { Caller } from "../admission/admission.ts";
import type { BodyStream } from "./body-stream.ts";
import type { ErrorShape } from "./error-shape.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestHead } from "./request-head.ts";

/** What a handler gets of a request's body, by the kind that its endpoint names. */
interface Bodies {
  /** Nothing: a body that comes all the same is skipped. */
  none: undefined;
  /** Parsed JSON; `{}` where no body came. */
  json: unknown;
  /** The bytes as they came. */
  bytes: Buffer;
  /** The bytes as they come. */
  stream: BodyStream;
}
export type BodyKind = keyof Bodies;

/** Says who makes a request, by its head alone. A throw refuses it before its body is read. */
export type Authorize = (head: RequestHead) => Caller | Promise<Caller>;

/** One method of one path, and what a request passes in order: head, `authorize`, rate, body, `handler`. */
export interface Endpoint<Kind extends BodyKind = "none"> {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `:name` parts. GET answers HEAD too. */
  path: string;
  /** Without it everyone may call. */
  authorize?: Authorize;
  /** What of the body the handler gets; nothing where it is left out. */
  body?: Kind;
  /** Largest body; the limit `jsonBodyBytes` where nothing is said, and `publicBodyBytes` for unknown callers. */
  maxBytes?: number;
  errors?: ErrorShape;
  urlBytes?: number;
  /** Answers the request; a throw becomes an error of the route's shape. */
  handler(exchange: Exchange, caller: Caller, body: Bodies[Kind]): void | Promise<void>;
}

/** Any endpoint, as the router keeps it. */
export type AnyEndpoint = { [Kind in BodyKind]: Endpoint<Kind> & { body: Kind } }[BodyKind];
