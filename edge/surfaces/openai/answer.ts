import { type Quota, quotaHeaders } from "../../../schemas/documents/quota.ts";
import { type ErrorType, errorTable, ParleyError } from "../../../schemas/errors.ts";
import type { Limits } from "../../../schemas/limits.ts";
import type { StatelessAnswer } from "../../../schemas/messages/stateless-turn.ts";
import { ReplyAssembly, type ReplyPiece } from "../../../schemas/wire/chat-assembly.ts";
import type { OpenAIFinish, Usage } from "../../../schemas/wire/openai.ts";
import { EventStream, type ServerEvent } from "../../http/event-stream.ts";
import type { AnswerHeaders, Exchange } from "../../http/exchange.ts";
import type { AnswerReceiver } from "./stateless-turn-client.ts";

/** How one of OpenAI's APIs formats a turn's output: as events, or whole. */
export interface AnswerFormat {
  /** The model that answers, once known. */
  model: string;
  /** Events of a piece of output. */
  delta(piece: ReplyPiece): ServerEvent[];
  /** The events that end a streamed answer. */
  end(finish: OpenAIFinish, usage: Usage): ServerEvent[];
  /** The events that end a streamed answer which failed. */
  fail(error: ParleyError): ServerEvent[];
  /** The body of a response that is not streamed. */
  whole(reply: ReplyAssembly, finish: OpenAIFinish, usage: Usage): unknown;
  /** Called when the output is complete and before its end is sent. Never rejects. */
  settle?(): Promise<void>;
}

/** Responds with a stream that begins with the first piece, so that an earlier error gets its HTTP status. */
export function streamedAnswer(
  exchange: Exchange,
  limits: Pick<Limits, "keepAliveMs" | "socketBackpressureBytes">,
  format: AnswerFormat,
): AnswerReceiver {
  let stream: EventStream | undefined;
  let headers: AnswerHeaders = {};
  const open = () => {
    clearTimeout(waiting);
    stream ??= new EventStream(exchange, limits, headers);
    return stream;
  };
  // Proxies and clients time out when a response does not begin. After that, errors can't set the status.
  const waiting = setTimeout(() => open().comment("keep-alive"), limits.keepAliveMs);
  exchange.onAbort(() => clearTimeout(waiting));
  const send = (events: readonly ServerEvent[]) => {
    for (const event of events) open().send(event);
  };
  const fail = (error: ParleyError) => {
    clearTimeout(waiting);
    if (stream === undefined) exchange.error(error);
    else {
      send(format.fail(error));
      stream.end();
    }
  };
  const end = async (answer: StatelessAnswer & { kind: "end" }) => {
    const events = format.end(answer.finish_reason, answer.usage);
    await format.settle?.();
    send(events);
    stream?.end();
  };
  // A stream can't retract output and sends its own keep-alives: `retract` and `alive` are skipped.
  return (answer) => {
    if (answer.kind === "start") {
      format.model = answer.model;
      headers = limitHeaders(answer.quota);
    } else if (answer.kind === "delta") send(format.delta(answer));
    else if (answer.kind === "error") fail(errorOf(answer));
    else if (answer.kind === "end") void end(answer);
  };
}

/** Responds once, when the turn has ended. */
export function wholeAnswer(exchange: Exchange, format: AnswerFormat): AnswerReceiver {
  const reply = new ReplyAssembly();
  const end = async (answer: StatelessAnswer & { kind: "end" }) => {
    const body = format.whole(reply, answer.finish_reason, answer.usage);
    await format.settle?.();
    exchange.json(200, body, limitHeaders(answer.quota));
  };
  return (answer) => {
    if (answer.kind === "start") format.model = answer.model;
    else if (answer.kind === "delta") reply.add(answer);
    else if (answer.kind === "retract") reply.retract();
    else if (answer.kind === "error") exchange.error(errorOf(answer));
    else if (answer.kind === "end") void end(answer);
  };
}

function limitHeaders(quota: Quota | undefined): AnswerHeaders {
  return quota === undefined ? {} : quotaHeaders(quota);
}

function errorOf(answer: StatelessAnswer & { kind: "error" }): ParleyError {
  const { errorType, message, retry_after, headers } = answer;
  const known = errorType in errorTable ? (errorType as ErrorType) : "llm_unavailable";
  return new ParleyError(known, {
    error: message,
    ...(retry_after !== undefined && { retryAfter: retry_after }),
    ...(headers !== undefined && { headers }),
  });
}
