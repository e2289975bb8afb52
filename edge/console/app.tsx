import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ConfirmDialog } from "./parts/dialog.tsx";
import { Icon, type IconName } from "./parts/icon.tsx";
import { Failure, Waiting } from "./parts/state.tsx";
import { Toasts } from "./parts/toasts.tsx";
import { profile, signedIn, status } from "./state/account.ts";
import { t } from "./state/language.ts";
import { linkTo, route } from "./state/route.ts";
import { unread } from "./state/sessions.ts";
import type { Texts } from "./text/en.ts";
import Chat from "./views/chat/chat.tsx";
import { SignIn } from "./views/sign-in.tsx";

type View = () => Promise<{ default: ComponentType }>;

/** Views besides the chat; each is loaded when it is first shown. */
const views: Record<string, { icon: IconName; label: keyof Texts; load: View; admin?: boolean }> = {
  devices: { icon: "devices", label: "devices", load: () => import("./views/devices/devices.tsx") },
  automation: {
    icon: "automation",
    label: "automation",
    load: () => import("./views/automation/automation.tsx"),
  },
  notifications: { icon: "bell", label: "notifications", load: () => import("./views/notifications.tsx") },
  knowledge: { icon: "book", label: "knowledge", load: () => import("./views/knowledge/knowledge.tsx") },
  memory: { icon: "brain", label: "memory", load: () => import("./views/memory.tsx") },
  files: { icon: "files", label: "files", load: () => import("./views/files.tsx") },
  admin: { icon: "admin", label: "admin", load: () => import("./views/admin/admin.tsx"), admin: true },
  settings: { icon: "settings", label: "settings", load: () => import("./views/settings.tsx") },
};

/** The whole page. */
export function App() {
  return (
    <>
      {signedIn.value ? <Shell /> : <SignIn />}
      <Toasts />
      <ConfirmDialog />
    </>
  );
}

function Shell() {
  const [name = ""] = route.value;
  const view = views[name];
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={skip}>
        {t("skip")}
      </button>
      <Navigation shown={view === undefined ? "chat" : name} />
      <div class="view">
        <ConnectionLine />
        {view === undefined ? <Chat /> : <Lazy key={name} load={view.load} />}
      </div>
    </div>
  );
}

function skip(): void {
  const main = document.getElementById("main");
  main?.setAttribute("tabindex", "-1");
  main?.focus();
}

function Navigation({ shown }: { shown: string }) {
  const isAdmin = profile.value?.is_admin ?? false;
  const entries = Object.entries(views).filter(([, { admin }]) => !admin || isAdmin);
  return (
    <nav class="navigation" aria-label={t("views")}>
      <Entry name="chat" icon="chat" label={t("chat")} shown={shown} news={unread.value.size} />
      {entries.map(([name, { icon, label }]) => (
        <Entry key={name} name={name} icon={icon} label={t(label)} shown={shown} />
      ))}
    </nav>
  );
}

function Entry(props: { name: string; icon: IconName; label: string; shown: string; news?: number }) {
  const { name, icon, label, shown, news = 0 } = props;
  return (
    <a href={linkTo(name)} aria-current={name === shown ? "page" : undefined} title={label}>
      <Icon name={icon} size={22} />
      <span>{label}</span>
      {news > 0 && <span class="count">{news}</span>}
    </a>
  );
}

/** How the connection stands, where it is not as it should be. It comes a moment late: short gaps are nobody's concern. */
function ConnectionLine() {
  const { state, error } = status.value;
  const [shown, setShown] = useState(false);
  const away = state !== "online";
  useEffect(() => {
    const timer = setTimeout(() => setShown(away), away ? 1_500 : 0);
    return () => clearTimeout(timer);
  }, [away]);
  if (!away || !shown) return null;
  const closed = state === "refused";
  const text = closed ? t("chatRefused") : navigator.onLine ? t("reconnecting") : t("offline");
  return (
    <div class={closed ? "connection refused" : "connection"} role="status">
      {text} {closed && <span>{error?.hint ?? t("chatRefusedHint")}</span>}
    </div>
  );
}

function Lazy({ load }: { load: View }) {
  const [view, setView] = useState<{ Shown: ComponentType }>();
  const [error, setError] = useState<unknown>();
  const get = () => {
    setError(undefined);
    load().then(({ default: Shown }) => setView({ Shown }), setError);
  };
  useEffect(get, [load]);
  if (error !== undefined) return <Failure error={error} again={get} />;
  return view === undefined ? <Waiting /> : <view.Shown />;
}
