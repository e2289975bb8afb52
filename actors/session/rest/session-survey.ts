import type { NatsConnection } from "nats";
import type { Logger } from "../../../infra/log.ts";
import {
  type SessionSurvey,
  type Survey,
  surveyEntries,
  surveySchema,
} from "../../../schemas/messages/admin-survey.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import type { KeyedActor } from "../../runtime/keyed-actor.ts";
import { SessionActor } from "../actor/session-actor.ts";

/** Answers the administrator's survey with the sessions in this process's memory and their state. */
export function serveSessionSurvey(
  nc: NatsConnection,
  log: Logger,
  actors: () => Iterable<KeyedActor>,
): void {
  nc.subscribe(subjects.surveySessions, {
    callback: (err, msg) => {
      if (err !== null) return;
      const survey = surveySchema.safeParse(JSON.parse(msg.string()));
      if (survey.success) msg.respond(JSON.stringify(answer(survey.data, actors())));
      else log.error({ err: survey.error }, "invalid payload in session survey");
    },
  });
}

function answer({ user, session }: Survey, actors: Iterable<KeyedActor>): SessionSurvey {
  const sessions: SessionSurvey["sessions"] = [];
  for (const actor of actors) {
    if (!(actor instanceof SessionActor) || actor.leaving) continue;
    if (user !== undefined && actor.user !== user) continue;
    if (session !== undefined && actor.session !== session) continue;
    const processing = actor.run !== null;
    sessions.push({
      user: actor.user,
      session: actor.session,
      processing,
      waiting: Math.max(0, actor.mailbox.size - (processing ? 1 : 0)),
      last_active: Math.round(Date.now() - (performance.now() - actor.usedAt)),
    });
  }
  const busy = ({ processing, waiting }: SessionSurvey["sessions"][number]) =>
    Number(processing || waiting > 0);
  sessions.sort((a, b) => busy(b) - busy(a) || b.last_active - a.last_active);
  return { sessions: sessions.slice(0, surveyEntries) };
}
