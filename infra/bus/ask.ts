import { setTimeout as delay } from "node:timers/promises";
import type { Msg } from "nats";
import type { z } from "zod";
import type { Limits } from "../../schemas/limits.ts";
import { type Address, encode, type Request, subjectOf } from "../../schemas/messages/define.ts";
import type { BusContext } from "./bus.ts";
import { errorOf } from "./error-answer.ts";
import { NoAnswer, reasonOf } from "./no-answer.ts";
import { answerOf } from "./payload.ts";
import { withTraceparent } from "./trace.ts";

const retryEveryMs = 150;

/** A request message, or a function that builds it from the requester's deadline (Unix ms). */
export type Question<Message extends z.ZodType> = z.input<Message> | ((deadline: number) => z.input<Message>);

/** Request options; `retryMs` overrides the entry's, 0 = one attempt. */
export interface AskOptions<Subject extends string> {
  to?: Address<Subject>;
  timeoutMs?: number;
  retryMs?: number;
  /** The message as JSON, if already encoded. */
  text?: string;
}

/** See {@link Bus.ask}. */
export async function ask<Subject extends string, Message extends z.ZodType, Answer extends z.ZodType>(
  context: BusContext,
  entry: Request<Subject, Message, Answer>,
  question: Question<Message>,
  options: AskOptions<Subject> = {},
): Promise<z.output<Answer>> {
  const until = performance.now() + (options.retryMs ?? inMs(entry.retryMs ?? 0, context.limits));
  for (;;) {
    try {
      return await askOnce(context, entry, question, options);
    } catch (err) {
      const mayRepeat = err instanceof NoAnswer && err.reason !== "invalid";
      if (!mayRepeat || performance.now() >= until || context.nc.isClosed()) throw err;
      if (err.reason !== "timeout") await delay(retryEveryMs);
    }
  }
}

async function askOnce<Subject extends string, Message extends z.ZodType, Answer extends z.ZodType>(
  context: BusContext,
  entry: Request<Subject, Message, Answer>,
  question: Question<Message>,
  options: AskOptions<Subject>,
): Promise<z.output<Answer>> {
  const { nc, messages, limits } = context;
  const timeout = options.timeoutMs ?? inMs(entry.timeout, limits);
  const made = typeof question === "function";
  const message = made
    ? (question as (deadline: number) => z.input<Message>)(Date.now() + timeout)
    : question;
  const to = options.to ?? entry.key?.(message) ?? (message as Address<Subject>);
  const head = withTraceparent();
  const asked = performance.now();
  let answer: Msg;
  try {
    messages.count("published", entry.name);
    answer = await nc.request(subjectOf(entry, to), options.text ?? encode(entry, message), {
      timeout,
      ...(head !== undefined && { headers: head }),
    });
  } catch (err) {
    const reason = reasonOf(err);
    messages.failed(entry.name, reason);
    throw new NoAnswer(reason, err);
  }
  messages.answered(entry.name, performance.now() - asked);
  const error = errorOf(answer);
  if (error !== undefined) throw error;
  const parsed = answerOf(entry, answer.data);
  if (parsed.ok) return parsed.message;
  messages.failed(entry.name, "invalid");
  throw new NoAnswer("invalid", parsed.error);
}

/** A duration of an entry, ms. */
export function inMs(time: number | keyof Limits, limits: Limits): number {
  return typeof time === "number" ? time : limits[time];
}
