import type { Logger } from "../../infra/log.ts";
import type { Quota } from "../../schemas/documents/quota.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import type { StatelessAnswer, StatelessTurn } from "../../schemas/messages/stateless-turn.ts";
import type { Usage } from "../../schemas/wire/openai.ts";
import type { ModelPart, Models } from "../models/model.ts";
import { clientErrorOf } from "../models/provider/refusal.ts";
import { estimateTokens, promptTokens, usageOf } from "../models/tokens.ts";
import type { QuotaLedger } from "../quota/quota-ledger.ts";
import { isStorageAway } from "../storage/storage-error.ts";
import { AnswerWriter } from "./answer-writer.ts";
import { checkPictures } from "./carried-pictures.ts";
import type { UsageLedger } from "./usage-ledger.ts";

/** Aborts a turn at shutdown or when no edge waits for it. */
class TurnAborted extends Error {
  readonly why: "cancelled" | "silent" | "stopping";

  constructor(why: TurnAborted["why"]) {
    super(`turn aborted: ${why}`);
    this.name = "TurnAborted";
    this.why = why;
  }
}

interface Running {
  edge: string;
  abort: AbortController;
  /** When the edge last reported interest in this turn, ms of the monotonic clock. */
  wantedAt: number;
  done: Promise<void>;
}

/** Dependencies of stateless turns. */
export interface StatelessDeps {
  models: Models;
  ledger: Pick<UsageLedger, "add">;
  quota: Pick<QuotaLedger, "reserve" | "settle" | "release" | "count">;
  limits: Limits;
  log: Logger;
  /** Publishes an answer to the edge of the request. */
  send(turn: Pick<StatelessTurn, "edge" | "request">, answer: StatelessAnswer): void;
}

/** The stateless turns that run in this process. */
export class StatelessTurns {
  readonly #deps: StatelessDeps;
  readonly #running = new Map<string, Running>();
  #sweep: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | undefined;

  constructor(deps: StatelessDeps) {
    this.#deps = deps;
  }

  /** Starts a turn; all answers, including refusals, are sent to its edge. */
  start(turn: StatelessTurn): void {
    const { limits } = this.#deps;
    if (this.#stopped !== undefined) this.#refuse(turn, new ParleyError("service_unavailable"));
    else if (this.#running.size >= limits.statelessTurns) this.#refuse(turn, new ParleyError("rate_limited"));
    else if (!this.#running.has(turn.request)) {
      const abort = new AbortController();
      const running: Running = {
        edge: turn.edge,
        abort,
        wantedAt: performance.now(),
        done: Promise.resolve(),
      };
      this.#running.set(turn.request, running);
      running.done = this.#run(turn, abort.signal).finally(() => this.#running.delete(turn.request));
      this.#sweep ??= setInterval(() => this.#dropSilent(), limits.edgeSilenceMs / 6);
    }
  }

  /** Cancels a turn whose client disconnected. */
  cancel(request: string): void {
    this.#running.get(request)?.abort.abort(new TurnAborted("cancelled"));
  }

  /** Renews the edge's interest in these turns. */
  interest(edge: string, requests: readonly string[]): void {
    const now = performance.now();
    for (const request of requests) {
      const running = this.#running.get(request);
      if (running?.edge === edge) running.wantedAt = now;
    }
  }

  /** Refuses new turns, waits for running ones, and aborts those that take too long. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    const timer = setTimeout(() => {
      for (const { abort } of this.#running.values()) abort.abort(new TurnAborted("stopping"));
    }, this.#deps.limits.statelessStopMs);
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    clearTimeout(timer);
    clearInterval(this.#sweep);
  }

  #refuse(turn: StatelessTurn, error: ParleyError): void {
    this.#deps.send(turn, toAnswer(error));
  }

  #dropSilent(): void {
    const oldest = performance.now() - this.#deps.limits.edgeSilenceMs;
    for (const { abort, wantedAt } of this.#running.values())
      if (wantedAt < oldest) abort.abort(new TurnAborted("silent"));
    if (this.#running.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  async #run(turn: StatelessTurn, signal: AbortSignal): Promise<void> {
    const { models, limits, send } = this.#deps;
    const writer = new AnswerWriter((answer) => send(turn, answer), limits.coalesceMs);
    const { user, model, messages, params } = turn;
    let answering: string | undefined;
    let text = "";
    // A model may reason for minutes: keep-alives tell the edge that the turn still runs.
    const alive = setInterval(() => send(turn, { kind: "alive" }), limits.statelessAliveMs);
    try {
      checkPictures(messages);
      const reserved = await this.#reserve(turn);
      signal.throwIfAborted();
      for await (const delta of models.stream("chat", { user, model, messages, params, signal })) {
        if (delta.kind === "start") {
          answering = delta.model;
          send(turn, { ...delta, ...reserved });
        } else if (delta.kind === "end") {
          const { message: _, ...end } = delta;
          writer.last({ ...end, ...(await this.#countUsage(turn, answering ?? model, delta.usage)) });
        } else {
          if (delta.kind === "content" || delta.kind === "reasoning") text += delta.text;
          writePart(writer, delta);
        }
      }
    } catch (err) {
      await this.#countIncomplete(turn, answering, text, signal.aborted);
      if (err instanceof TurnAborted && err.why === "cancelled") writer.discard();
      else writer.last(toAnswer(this.#errorOf(err, turn.request)));
    } finally {
      clearInterval(alive);
    }
  }

  async #reserve({ user, request, messages, params }: StatelessTurn): Promise<{ quota?: Quota }> {
    const maxTokens = params.max_completion_tokens ?? params.max_tokens ?? undefined;
    const quota = await this.#deps.quota.reserve(user, request, promptTokens(messages), maxTokens);
    return quota === null ? {} : { quota };
  }

  /** Counts a turn before its end is sent, so that a quota request afterwards includes it. */
  async #countUsage(
    { user, request }: StatelessTurn,
    model: string,
    usage: Usage,
  ): Promise<{ quota?: Quota }> {
    const { ledger, quota, log } = this.#deps;
    ledger.add(user, model, usage);
    quota.count(user, usage);
    const figures = await quota.settle(user, request, usage).catch((err: unknown) => {
      log.warn({ err, user, request }, "quota not settled");
      return null;
    });
    return figures === null ? {} : { quota: figures };
  }

  /** Counts the usage of an incomplete turn; a failed one does not count against the quota. */
  async #countIncomplete(
    turn: StatelessTurn,
    model: string | undefined,
    text: string,
    aborted: boolean,
  ): Promise<void> {
    const { ledger, quota, log } = this.#deps;
    if (model !== undefined && aborted) {
      await this.#countUsage(turn, model, estimate(turn, text));
      return;
    }
    if (model !== undefined) ledger.add(turn.user, model, estimate(turn, text));
    await quota.release(turn.user, turn.request).catch((err: unknown) => {
      log.warn({ err, user: turn.user, request: turn.request }, "quota not released");
    });
  }

  #errorOf(err: unknown, request: string): ParleyError {
    if (err instanceof ParleyError) return clientErrorOf(err);
    if (isStorageAway(err)) return new ParleyError("storage_unavailable", { cause: err });
    if (err instanceof TurnAborted) return new ParleyError("service_unavailable", { cause: err });
    this.#deps.log.error({ err, request }, "stateless turn failed");
    return new ParleyError("internal_error", { cause: err });
  }
}

function writePart(writer: AnswerWriter, part: Exclude<ModelPart, { kind: "start" }>): void {
  if (part.kind === "content") writer.text("content", part.text);
  else if (part.kind === "reasoning") writer.text("reasoning_content", part.text);
  else if (part.kind === "tool_calls") writer.toolCalls(part.tool_calls);
  else if (part.kind === "fields") writer.delta({ fields: part.fields });
  else if (part.kind === "logprobs") writer.delta({ logprobs: part.logprobs });
  else writer.now(part);
}

function toAnswer({
  errorType,
  message,
  retryAfter,
  headers,
}: ParleyError): Extract<StatelessAnswer, { kind: "error" }> {
  return {
    kind: "error",
    errorType,
    message,
    ...(retryAfter !== undefined && { retry_after: retryAfter }),
    ...(headers !== undefined && { headers }),
  };
}

/** Estimated usage of an incomplete turn. */
function estimate({ messages }: StatelessTurn, text: string): Usage {
  return usageOf(promptTokens(messages), estimateTokens(text));
}
