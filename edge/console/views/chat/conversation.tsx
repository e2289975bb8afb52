import { useEffect, useMemo, useState } from "preact/hooks";
import type { SessionState } from "../../../client/index.ts";
import { IconButton } from "../../parts/button.tsx";
import { confirm } from "../../parts/dialog.tsx";
import { Menu } from "../../parts/menu.tsx";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { goTo } from "../../state/route.ts";
import { markRead, refreshSessions, sessions } from "../../state/sessions.ts";
import { useSession } from "../../state/store.ts";
import { attempt } from "../../state/toasts.ts";
import { Approvals } from "./approvals.tsx";
import { Composer } from "./composer.tsx";
import { MessageList } from "./message-list.tsx";
import { Queue } from "./queue.tsx";

/** One session: its messages, what waits, and the place to write. */
export function Conversation({ id, target }: { id: string; target: string | undefined }) {
  const session = useMemo(() => client().session(id), [id]);
  const state = useSession(session);
  useEffect(() => {
    const read = () => !document.hidden && markRead(id);
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [id, state]);
  return (
    <main class="conversation" id="main">
      <Head id={id} state={state} />
      <MessageList session={session} state={state} target={target} />
      <Approvals session={session} approvals={state.approvals} />
      <Queue session={session} queue={state.queue} />
      <Composer session={session} running={state.running} />
    </main>
  );
}

function Head({ id, state }: { id: string; state: SessionState }) {
  const info = sessions.value?.find((one) => one.id === id);
  const { api } = client();
  const [format, setFormat] = useState<"json" | "markdown" | "txt">();
  useEffect(() => {
    if (format === undefined) return;
    setFormat(undefined);
    void attempt(async () => {
      const blob = await api.exportSession({ params: { id }, query: { format } });
      const extension = { json: "json", markdown: "md", txt: "txt" }[format];
      save(blob, `${info?.title || id}.${extension}`);
    });
  }, [format]);
  const clear = async () => {
    if (!(await confirm(t("clearSession"), t("clearSessionText"), t("clear")))) return;
    await attempt(async () => {
      await api.clearSession({ params: { id } });
      client().release(id);
      goTo("chat");
      goTo("chat", id);
    }, t("cleared"));
  };
  const remove = async () => {
    if (!(await confirm(t("deleteSession"), t("deleteSessionText"), t("delete")))) return;
    await attempt(async () => {
      await api.deleteSession({ params: { id } });
      client().release(id);
      refreshSessions(true);
      goTo("chat");
    }, t("deleted"));
  };
  const stored = info !== undefined;
  return (
    <header class="conversation-head">
      <span class="phone-only">
        <IconButton icon="back" label={t("sessions")} onClick={() => goTo("chat")} />
      </span>
      <h1>{info?.title || t("newSession")}</h1>
      {state.running && <span class="badge working">{t("answering")}</span>}
      <Menu
        label={t("sessionActions")}
        entries={[
          {
            icon: "download",
            label: t("exportMarkdown"),
            act: () => setFormat("markdown"),
            disabled: !stored,
          },
          { icon: "download", label: t("exportJson"), act: () => setFormat("json"), disabled: !stored },
          { icon: "refresh", label: t("clearSession"), act: clear, disabled: !stored },
          { icon: "trash", label: t("deleteSession"), act: remove, disabled: !stored, danger: true },
        ]}
      />
    </header>
  );
}

/** Saves a file, as a link with `download` does. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[\\/:*?"<>|]/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
