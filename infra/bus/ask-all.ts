import type { z } from "zod";
import { encode, type Request, subjectOf } from "../../schemas/messages/define.ts";
import { inMs } from "./ask.ts";
import type { BusContext } from "./bus.ts";
import { errorOf } from "./error-answer.ts";
import { answerOf } from "./payload.ts";

/** Maximum number of answers. */
const mostAnswers = 256;

/** See {@link Bus.askAll}. */
export async function askAll<Message extends z.ZodType, Answer extends z.ZodType>(
  { nc, messages, limits, log }: BusContext,
  entry: Request<string, Message, Answer>,
  message: z.input<Message>,
  strategy: "timer" | "stall",
): Promise<z.output<Answer>[]> {
  const answers: z.output<Answer>[] = [];
  try {
    messages.count("published", entry.name);
    const received = await nc.requestMany(subjectOf(entry, message as object), encode(entry, message), {
      strategy,
      maxWait: inMs(entry.timeout, limits),
      maxMessages: mostAnswers,
    });
    for await (const answer of received) {
      if (answer.data.length === 0 || errorOf(answer) !== undefined) continue;
      const parsed = answerOf(entry, answer.data);
      if (parsed.ok) answers.push(parsed.message);
      else log.warn({ err: parsed.error, message: entry.name }, "invalid answer");
    }
  } catch (err) {
    log.debug({ err, message: entry.name }, "request without answers");
  }
  return answers;
}
