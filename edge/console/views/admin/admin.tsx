import { useState } from "preact/hooks";
import { Page } from "../../parts/field.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { t } from "../../state/language.ts";
import { Live } from "./live.tsx";
import { Models } from "./models.tsx";
import { Providers } from "./providers.tsx";
import { Routing } from "./routing.tsx";
import { Sessions } from "./sessions.tsx";
import { Users } from "./users.tsx";

const tabs = {
  live: Live,
  providers: Providers,
  models: Models,
  routing: Routing,
  sessions: Sessions,
  users: Users,
};
type Tab = keyof typeof tabs;

/** What the administrator sees and sets. */
export default function Admin() {
  const [tab, setTab] = useState<Tab>("live");
  const Shown = tabs[tab];
  return (
    <Page title={t("admin")} text={t("adminText")}>
      <Tabs<Tab>
        label={t("admin")}
        shown={tab}
        tabs={(Object.keys(tabs) as Tab[]).map((one) => [one, t(`admin_${one}`)])}
        onShow={setTab}
      />
      <Shown />
    </Page>
  );
}
