import type { Bus } from "../../../infra/bus/bus.ts";
import { sessionAsk } from "../../../schemas/messages/session.ts";
import { parseSessionIn, partitionCount, streams, subjects } from "../../../schemas/messages/subjects.ts";
import type { KeyedGroup } from "../../runtime/keyed-actor.ts";
import { serveSessionSurvey } from "../rest/session-survey.ts";
import type { ActorDeps } from "./actor-deps.ts";
import { answerAsk } from "./asks.ts";
import { SessionActor } from "./session-actor.ts";

/** The actor group of sessions, placed by the partition runtime. */
export function sessionGroup(deps: ActorDeps, bus: Pick<Bus, "serve">): KeyedGroup {
  return {
    name: "session",
    stream: streams.sessions,
    partitions: partitionCount,
    filter: subjects.sessionInPartition,
    keyOf(subject) {
      const key = parseSessionIn(subject);
      return key === null ? null : `${key.user}.${key.session}`;
    },
    create: (key) => {
      const [user = "", session = ""] = key.split(".");
      return new SessionActor(deps, user, session);
    },
    hosted: (actors) => serveSessionSurvey(bus, actors),
    serve: (bus, partition, actor) =>
      bus.serve(
        sessionAsk,
        (ask) => answerAsk(deps, ask, actor(`${ask.user}.${ask.session}`) as SessionActor),
        { of: { partition } },
      ),
  };
}
