import { Icon } from "../../parts/icon.tsx";
import { Empty, Waiting } from "../../parts/state.tsx";
import { ago } from "../../parts/time.ts";
import { t } from "../../state/language.ts";
import { linkTo } from "../../state/route.ts";
import { type SessionInfo, sessions, unread } from "../../state/sessions.ts";

/** The user's sessions, the one used last first. */
export function SessionList({ shown }: { shown: string | undefined }) {
  const list = sessions.value;
  if (list === undefined) return <Waiting />;
  if (list.length === 0) return <Empty icon="chat" title={t("noSessions")} text={t("noSessionsText")} />;
  return (
    <ul class="session-list">
      {list.map((session) => (
        <li key={session.id}>
          <Entry session={session} shown={session.id === shown} />
        </li>
      ))}
    </ul>
  );
}

function Entry({ session, shown }: { session: SessionInfo; shown: boolean }) {
  const news = unread.value.has(session.id);
  return (
    <a class="session" href={linkTo("chat", session.id)} aria-current={shown ? "page" : undefined}>
      <span class="session-title">
        {session.is_main && <Icon name="star" size={14} />}
        {session.title || t("untitled")}
      </span>
      <span class="session-meta">
        {ago(session.updated_at)}
        {news && <span class="dot" title={t("unread")} />}
      </span>
    </a>
  );
}
