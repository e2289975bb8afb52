import { type Quota, quotaHeaders } from "../../../schemas/documents/quota.ts";
import { type ErrorType, errorTable, ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import type { StatelessAnswer } from "../../../schemas/messages/stateless-turn.ts";
import {
  type ChatChunk,
  chatCompletionRequestSchema,
  chatParamsSchema,
} from "../../../schemas/wire/openai.ts";
import { openaiError } from "../../http/error-shape.ts";
import { EventStream } from "../../http/event-stream.ts";
import type { AnswerHeaders, Exchange } from "../../http/exchange.ts";
import { tokenOf } from "../../identity/identity.ts";
import type { Services } from "../../services.ts";
import { Assembly } from "./assembly.ts";
import { ChunkMaker } from "./chunks.ts";
import { StatelessTurns } from "./stateless-turn-client.ts";

/** Registers `POST /v1/chat/completions`. */
export function addCompletions(services: Services): StatelessTurns {
  const { edge, link, inbox, settings, identity, router, revocations } = services;
  const turns = new StatelessTurns(edge, link, inbox, settings.limits);
  router.route(
    "POST",
    "/v1/chat/completions",
    async (exchange, body) => {
      const principal = await identity.identify(tokenOf(exchange.head));
      const { stream, stream_options, ...request } = chatCompletionRequestSchema.parse(body);
      const chunks = new ChunkMaker(newId("", 20), request.model);
      const receive = stream
        ? streamed(exchange, services, chunks, stream_options?.include_usage === true)
        : whole(exchange, chunks);
      const turn = {
        user: principal.user_id,
        model: request.model,
        messages: request.messages,
        params: chatParamsSchema.parse(request),
      };
      const cancel = turns.start(turn, receive);
      exchange.onAbort(cancel);
      revocations.watch(exchange, principal, ({ errorType, message }) => {
        cancel();
        receive({ kind: "error", errorType, message });
      });
    },
    { errors: "openai", bodyBytes: settings.limits.completionBodyBytes },
  );
  return turns;
}

/** Answers as a stream that begins with the first delta, so that an earlier error has its own status. */
function streamed(exchange: Exchange, { settings }: Services, chunks: ChunkMaker, includeUsage: boolean) {
  let stream: EventStream | undefined;
  let headers: AnswerHeaders = {};
  const open = () => {
    clearTimeout(waiting);
    stream ??= new EventStream(exchange, settings.limits, headers);
    return stream;
  };
  // Proxies and clients give up on an answer that does not begin. From then on an error has no status of its own.
  const waiting = setTimeout(() => open().comment("keep-alive"), settings.limits.keepAliveMs);
  exchange.onAbort(() => clearTimeout(waiting));
  const send = (value: unknown) => open().send({ data: JSON.stringify(value) });
  const sendChunk = (chunk: ChatChunk) => send(includeUsage ? { ...chunk, usage: null } : chunk);
  const end = (answer: StatelessAnswer & { kind: "end" }) => {
    for (const chunk of chunks.finish(answer.finish_reason)) sendChunk(chunk);
    if (includeUsage) send(chunks.usage(answer.usage));
    stream?.send({ data: "[DONE]" });
    stream?.end();
  };
  const fail = (error: ParleyError) => {
    clearTimeout(waiting);
    if (stream === undefined) exchange.error(error);
    else {
      send(openaiError(error));
      stream.end();
    }
  };
  return (answer: StatelessAnswer): void => {
    if (answer.kind === "start") {
      chunks.model = answer.model;
      headers = limitHeaders(answer.quota);
    } else if (answer.kind === "end") end(answer);
    else if (answer.kind === "error") fail(errorOf(answer));
    else {
      const { kind: _, ...delta } = answer;
      sendChunk(chunks.delta(delta));
    }
  };
}

/** Answers once, when the turn has ended. */
function whole(exchange: Exchange, chunks: ChunkMaker) {
  const assembly = new Assembly();
  return (answer: StatelessAnswer): void => {
    if (answer.kind === "start") chunks.model = answer.model;
    else if (answer.kind === "delta") assembly.add(answer);
    else if (answer.kind === "error") exchange.error(errorOf(answer));
    else {
      const { finish_reason, usage, quota } = answer;
      const body = chunks.completion({ message: assembly.message(), finish_reason }, usage);
      exchange.json(200, body, limitHeaders(quota));
    }
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
