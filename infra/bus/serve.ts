import type { Msg } from "nats";
import type { z } from "zod";
import { fromZodError, ParleyError } from "../../schemas/errors.ts";
import { type Address, encode, filterOf, type Request } from "../../schemas/messages/define.ts";
import type { BusContext } from "./bus.ts";
import { respondError } from "./error-answer.ts";
import { isLarge } from "./large-payload.ts";
import { type Listening, listeningOf, type ReceivedFrom } from "./listen.ts";
import { readPayload } from "./payload.ts";
import { traceOf, withTrace } from "./trace.ts";

/** Handles a request; `undefined` sends no answer, for a requester that has timed out. */
export type Serving<Message extends z.ZodType, Answer extends z.ZodType> = (
  message: z.output<Message>,
  from: ReceivedFrom,
) => z.input<Answer> | undefined | Promise<z.input<Answer> | undefined>;

/** Options of a request handler. */
export interface ServeOptions<Subject extends string> {
  /** Filter; all requests of the entry by default. */
  of?: Partial<Address<Subject>>;
  /** Maximum answer bytes; a larger answer becomes an error. Default: the server's limit. */
  answerBytes?: number;
}

/** See {@link Bus.serve}. */
export function serve<Subject extends string, Message extends z.ZodType, Answer extends z.ZodType>(
  context: BusContext,
  entry: Request<Subject, Message, Answer>,
  handler: Serving<Message, Answer>,
  options: ServeOptions<Subject> = {},
): Listening {
  const { nc, log, messages } = context;
  let stopped = false;
  const subscription = nc.subscribe(filterOf(entry, options.of), {
    ...(entry.queue !== undefined && { queue: entry.queue }),
    callback: (err, msg) => {
      if (err !== null) return log.error({ err, message: entry.name }, "subscription failed");
      messages.count("received", entry.name);
      const serving = async (...request: Parameters<typeof handler>) => {
        const result = await handler(...request);
        // The subject may belong to another process by now.
        return stopped ? undefined : result;
      };
      withTrace(traceOf(msg.headers), () => answer(context, entry, serving, msg, options.answerBytes)).catch(
        (cause: unknown) => log.error({ err: cause, message: entry.name }, "answer not sent"),
      );
    },
  });
  const { stop, drain } = listeningOf(subscription);
  return {
    drain,
    stop: () => {
      stopped = true;
      stop();
    },
  };
}

async function answer<Subject extends string, Message extends z.ZodType, Answer extends z.ZodType>(
  context: BusContext,
  entry: Request<Subject, Message, Answer>,
  handler: Serving<Message, Answer>,
  msg: Msg,
  answerBytes = context.publisher.maxBytes,
): Promise<void> {
  const payload = readPayload(entry, msg.subject, msg.data);
  if (!payload.ok) {
    context.messages.count("rejected", entry.name);
    context.log.warn({ err: payload.error, subject: msg.subject }, "invalid request");
    return respondError(msg, invalid(payload.error));
  }
  try {
    const result = await handler(payload.message, { subject: msg.subject });
    if (result === undefined) return;
    const text = encode({ encoding: entry.answerEncoding }, result);
    if (isLarge(text, answerBytes))
      throw new RangeError(`answer too large: ${Buffer.byteLength(text)} bytes`);
    msg.respond(text);
  } catch (err) {
    respondError(msg, errorFor(context, entry.name, err));
  }
}

function invalid(cause: Error): ParleyError {
  const isZod = "issues" in cause;
  return isZod ? fromZodError(cause as z.ZodError) : new ParleyError("invalid_json", { cause });
}

/** Maps a handler's exception to the requester's error. */
function errorFor({ isOutage, log }: BusContext, message: string, err: unknown): ParleyError {
  if (err instanceof ParleyError) return err;
  if (isOutage(err)) {
    log.warn({ err, message }, "store unreachable");
    return new ParleyError("storage_unavailable", { cause: err });
  }
  log.error({ err, message }, "request handler failed");
  return new ParleyError("internal_error", { cause: err });
}
