import { useState } from "preact/hooks";
import { Page } from "../../parts/field.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { t } from "../../state/language.ts";
import { Reminders } from "./reminders.tsx";
import { Rules } from "./rules.tsx";
import { Scenes } from "./scenes.tsx";

type Tab = "rules" | "scenes" | "reminders";

/** Rules, scenes and reminders. */
export default function Automation() {
  const [tab, setTab] = useState<Tab>("rules");
  return (
    <Page title={t("automation")} text={t("automationText")}>
      <Tabs<Tab>
        label={t("automation")}
        shown={tab}
        tabs={[
          ["rules", t("rules")],
          ["scenes", t("scenes")],
          ["reminders", t("reminders")],
        ]}
        onShow={setTab}
      />
      {tab === "rules" && <Rules />}
      {tab === "scenes" && <Scenes />}
      {tab === "reminders" && <Reminders />}
    </Page>
  );
}
