import { useEffect, useState } from "preact/hooks";
import { IconButton } from "../../parts/button.tsx";
import { t } from "../../state/language.ts";
import { goTo, route } from "../../state/route.ts";
import { newSessionId, sessions, shownSession } from "../../state/sessions.ts";
import { Conversation } from "./conversation.tsx";
import { SearchDialog } from "./search.tsx";
import { SessionList } from "./session-list.tsx";

/** Sessions on the left, one of them on the right; on a phone one of the two. */
export default function Chat() {
  const [, chosen, target] = route.value;
  const [searching, setSearching] = useState(false);
  const [fresh] = useState(newSessionId);
  const wide = matchMedia("(min-width: 800px)").matches;
  const id = chosen || (wide ? (sessions.value?.[0]?.id ?? (sessions.value && fresh)) : undefined);
  useEffect(() => {
    shownSession.value = id;
    return () => {
      shownSession.value = undefined;
    };
  }, [id]);
  return (
    <div class={`chat ${chosen ? "one" : "list"}`}>
      <aside class="sessions" aria-label={t("sessions")}>
        <header>
          <h1>{t("chat")}</h1>
          <IconButton icon="search" label={t("searchMessages")} onClick={() => setSearching(true)} />
          <IconButton icon="plus" label={t("newSession")} onClick={() => goTo("chat", newSessionId())} />
        </header>
        <SessionList shown={id} />
      </aside>
      {id === undefined ? (
        <main class="conversation" id="main" />
      ) : (
        <Conversation key={id} id={id} target={target} />
      )}
      {searching && <SearchDialog onClose={() => setSearching(false)} />}
    </div>
  );
}
