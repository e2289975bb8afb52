import type { Bus } from "../../../infra/bus/bus.ts";
import { type SessionSurvey, type Survey, surveyEntries } from "../../../schemas/messages/admin-survey.ts";
import { sessionSurvey } from "../../../schemas/messages/processes.ts";
import type { KeyedActor } from "../../runtime/keyed-actor.ts";
import { SessionActor } from "../actor/session-actor.ts";

/** Answers the administrator's survey with the sessions in this process's memory and their state. */
export function serveSessionSurvey(bus: Pick<Bus, "serve">, actors: () => Iterable<KeyedActor>): void {
  bus.serve(sessionSurvey, (survey) => answer(survey, actors()));
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
