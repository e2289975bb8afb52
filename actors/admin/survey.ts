import type { Bus } from "../../infra/bus/bus.ts";
import type { SessionSurvey, SocketSurvey, Survey } from "../../schemas/messages/admin-survey.ts";
import { sessionSurvey, socketSurvey } from "../../schemas/messages/processes.ts";

/** Queries all actor processes and edges at once; processes that do not answer in time are skipped. */
export class Surveyor {
  readonly #bus: Pick<Bus, "askAll">;

  constructor(bus: Pick<Bus, "askAll">) {
    this.#bus = bus;
  }

  /** Sessions in the memory of actor processes. */
  async sessions(survey: Survey): Promise<SessionSurvey["sessions"]> {
    const answers = await this.#bus.askAll(sessionSurvey, survey);
    return answers.flatMap(({ sessions }) => sessions);
  }

  /** Open sockets of edges. */
  async sockets(survey: Survey): Promise<SocketSurvey> {
    const answers = await this.#bus.askAll(socketSurvey, survey);
    return {
      sockets: answers.flatMap(({ sockets }) => sockets),
      clients: answers.flatMap(({ clients }) => clients),
    };
  }
}
