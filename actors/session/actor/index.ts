import type { NatsConnection } from "nats";
import { parseSessionIn, partitionCount, streams, subjects } from "../../../schemas/messages/subjects.ts";
import type { KeyedGroup } from "../../runtime/keyed-actor.ts";
import { serveSessionSurvey } from "../rest/session-survey.ts";
import type { ActorDeps } from "./actor-deps.ts";
import { answerAsk } from "./asks.ts";
import { SessionActor } from "./session-actor.ts";

/** The session actors, as a group that the partition runtime places. */
export function sessionGroup(deps: ActorDeps, nc: NatsConnection): KeyedGroup {
  return {
    name: "session",
    stream: streams.sessions,
    partitions: partitionCount,
    filter: subjects.sessionInPartition,
    keyOf(subject) {
      const key = parseSessionIn(subject);
      return key === null ? null : `${key.user}.${key.session}`;
    },
    askSubject: subjects.sessionAsk,
    create: (key) => {
      const [user = "", session = ""] = key.split(".");
      return new SessionActor(deps, user, session);
    },
    hosted: (actors) => serveSessionSurvey(nc, deps.log, actors),
    ask: (data, actor) =>
      answerAsk(deps, data, (user, session) => actor(`${user}.${session}`) as SessionActor),
  };
}
