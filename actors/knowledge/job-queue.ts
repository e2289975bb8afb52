import { AckPolicy, type Consumer, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import { nanos } from "nats";
import type { Logger } from "../../infra/log.ts";
import { knowledgeStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { type KnowledgeJob, knowledgeJobSchema } from "../../schemas/documents/knowledge.ts";
import type { Limits } from "../../schemas/limits.ts";
import { streams, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";

const durable = "knowledge";
/** A process that works says so before this has passed; one that has died loses its job after it. */
const ackWaitMs = 20_000;
const workingMs = 5_000;
const retryMs = 3_000;

/** How a job ended: for good, or to be tried again. `last`: it will not come again. */
export interface JobRun {
  job: KnowledgeJob;
  last: boolean;
  signal: AbortSignal;
}

/** Work on documents, durable in a stream and shared by all processes; what was begun by one that died begins again. */
export class JobQueue {
  readonly #context: Pick<ActorContext, "js" | "jsm" | "log">;
  readonly #limits: Limits;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(context: Pick<ActorContext, "js" | "jsm" | "log">, limits: Limits) {
    this.#context = context;
    this.#limits = limits;
  }

  get #log(): Logger {
    return this.#context.log;
  }

  /** Puts a document in line. @throws when the stream does not take it. */
  async ingest(user: string, document: string): Promise<void> {
    await this.#publish({ kind: "ingest", user, document }, `${document}.ingest`);
  }

  /** Puts the vectors of a document in line, once for each model. @throws when the stream does not take it. */
  async embed(user: string, document: string, model: string): Promise<void> {
    await this.#publish({ kind: "embed", user, document }, `${document}.embed.${model}`);
  }

  /** Jobs that nobody has begun yet. */
  async waiting(): Promise<number> {
    return (await this.#context.jsm.consumers.info(streams.knowledge, durable)).num_pending;
  }

  /** Takes jobs, `knowledgeJobs` at a time. `work` throws what may be tried again. */
  async start(work: (run: JobRun) => Promise<void>): Promise<void> {
    const { jsm, js } = this.#context;
    await ensureStream(jsm, knowledgeStreamConfig());
    await jsm.consumers.add(streams.knowledge, {
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(ackWaitMs),
      max_deliver: this.#limits.knowledgeAttempts,
      max_ack_pending: 1_000,
    });
    const consumer = await js.consumers.get(streams.knowledge, durable);
    for (let slot = 0; slot < this.#limits.knowledgeJobs; slot++) {
      const loop = this.#take(consumer, work);
      this.#running.add(loop);
      void loop.finally(() => this.#running.delete(loop));
    }
  }

  /** Hands back what runs. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  async #publish(job: KnowledgeJob, id: string): Promise<void> {
    const subject = subjects.knowledgeJob(job.user, job.document);
    await this.#context.js.publish(subject, JSON.stringify(job), { msgID: id });
  }

  async #take(consumer: Consumer, work: (run: JobRun) => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    const stopped = new Promise<null>((resolve) => signal.addEventListener("abort", () => resolve(null)));
    while (!signal.aborted) {
      try {
        const next = consumer.next({ expires: workingMs });
        const message = await Promise.race([next, stopped]);
        if (signal.aborted) void next.then((late) => late?.nak()).catch(() => {});
        else if (message !== null) await this.#run(message, work);
      } catch (err) {
        if (signal.aborted) return;
        this.#log.warn({ err }, "knowledge jobs can't be read yet");
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  async #run(message: JsMsg, work: (run: JobRun) => Promise<void>): Promise<void> {
    const parsed = knowledgeJobSchema.safeParse(message.json());
    if (!parsed.success) {
      this.#log.error({ err: parsed.error }, "knowledge job is malformed");
      message.term();
      return;
    }
    const working = setInterval(() => message.working(), workingMs);
    const last = message.info.deliveryCount >= this.#limits.knowledgeAttempts;
    try {
      await work({ job: parsed.data, last, signal: this.#stopping.signal });
      message.ack();
    } catch (err) {
      if (this.#stopping.signal.aborted) message.nak();
      else {
        this.#log.warn({ err, document: parsed.data.document, last }, "knowledge job failed");
        message.nak(retryMs);
      }
    } finally {
      clearInterval(working);
    }
  }
}
