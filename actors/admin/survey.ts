import type { NatsConnection } from "nats";
import type { z } from "zod";
import {
  type SessionSurvey,
  type SocketSurvey,
  type Survey,
  sessionSurveySchema,
  socketSurveySchema,
} from "../../schemas/messages/admin-survey.ts";
import { subjects } from "../../schemas/messages/subjects.ts";

/** Asks all actor processes and all edges at once; who does not answer in time is not counted. */
export class Surveyor {
  readonly #nc: NatsConnection;
  readonly #waitMs: number;

  /** `waitMs`: how long answers are gathered. */
  constructor(nc: NatsConnection, waitMs: number) {
    this.#nc = nc;
    this.#waitMs = waitMs;
  }

  /** Sessions in the memory of actor processes. */
  async sessions(survey: Survey): Promise<SessionSurvey["sessions"]> {
    const answers = await this.#ask(subjects.surveySessions, survey, sessionSurveySchema);
    return answers.flatMap(({ sessions }) => sessions);
  }

  /** Sockets of edges. */
  async sockets(survey: Survey): Promise<SocketSurvey> {
    const answers = await this.#ask(subjects.surveySockets, survey, socketSurveySchema);
    return {
      sockets: answers.flatMap(({ sockets }) => sockets),
      clients: answers.flatMap(({ clients }) => clients),
    };
  }

  async #ask<T extends z.ZodType>(subject: string, survey: Survey, schema: T): Promise<z.output<T>[]> {
    const found: z.output<T>[] = [];
    try {
      const messages = await this.#nc.requestMany(subject, JSON.stringify(survey), {
        strategy: "timer",
        maxWait: this.#waitMs,
      });
      for await (const message of messages) {
        const answer = message.data.length === 0 ? undefined : schema.safeParse(message.json());
        if (answer?.success) found.push(answer.data);
      }
    } catch {
      // Nobody is there to answer.
    }
    return found;
  }
}
