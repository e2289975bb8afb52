import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { headers, type MsgHdrs } from "nats";

/** The context shared by a request, a turn and everything they cause (W3C Trace Context, level 1). */
export interface Trace {
  /** 32 hexadecimal digits. */
  id: string;
  /** 16 hexadecimal digits: the parent span. */
  span: string;
}

const header = "traceparent";
const form = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const storage = new AsyncLocalStorage<Trace>();

/** The current trace; its id is on each log line. */
export function currentTrace(): Trace | undefined {
  return storage.getStore();
}

/** Starts a trace. */
export function newTrace(): Trace {
  return { id: randomBytes(16).toString("hex"), span: randomBytes(8).toString("hex") };
}

/** Parses a `traceparent` header; undefined when malformed or its ids are all zero. */
export function parseTraceparent(text: string | undefined): Trace | undefined {
  const [, id = "", span = ""] = form.exec(text ?? "") ?? [];
  return /[1-9a-f]/.test(id) && /[1-9a-f]/.test(span) ? { id, span } : undefined;
}

/** The trace of a message. */
export function traceOf(head: MsgHdrs | undefined): Trace | undefined {
  return head === undefined ? undefined : parseTraceparent(head.get(header));
}

/** Runs in a trace; without one, outside any. */
export function withTrace<T>(trace: Trace | undefined, run: () => T): T {
  return trace === undefined ? storage.exit(run) : storage.run(trace, run);
}

/** Sets the current trace on a message; undefined without a trace and headers. */
export function withTraceparent(head?: MsgHdrs): MsgHdrs | undefined {
  const trace = currentTrace();
  if (trace === undefined) return head;
  const all = head ?? headers();
  all.set(header, `00-${trace.id}-${trace.span}-01`);
  return all;
}
