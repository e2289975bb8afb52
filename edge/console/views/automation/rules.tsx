import { useState } from "preact/hooks";
import type { Answer } from "../../../client/index.ts";
import { Button } from "../../parts/button.tsx";
import { confirm } from "../../parts/dialog.tsx";
import { Section, Switch } from "../../parts/field.tsx";
import { Menu } from "../../parts/menu.tsx";
import { Empty, Loaded } from "../../parts/state.tsx";
import { ago, count } from "../../parts/time.ts";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";
import { attempt } from "../../state/toasts.ts";
import { Backtest } from "./backtest.tsx";
import { RuleForm } from "./rule-form.tsx";
import { sentenceOf } from "./rule-sentence.ts";
import { Runs } from "./runs.tsx";

export type Rule = Answer<"listRules">["rules"][number];

type Shown = { view: "form"; rule: Rule | undefined } | { view: "runs" | "backtest"; rule: Rule };

/** The user's rules, each as a sentence. */
export function Rules() {
  const asked = useAsked(() => client().api.listRules(), []);
  const [shown, setShown] = useState<Shown>();
  const close = () => setShown(undefined);
  const make = (
    <Button
      kind="primary"
      icon="plus"
      label={t("newRule")}
      onClick={() => setShown({ view: "form", rule: undefined })}
    />
  );
  return (
    <Section title={t("rules")} action={make}>
      <Loaded asked={asked}>
        {({ rules }) =>
          rules.length === 0 ? (
            <Empty icon="automation" title={t("noRules")} text={t("noRulesText")} />
          ) : (
            <ul class="lines">
              {rules.map((rule) => (
                <RuleLine key={rule.id} rule={rule} again={asked.again} onShow={setShown} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {shown?.view === "form" && <RuleForm rule={shown.rule} onClose={close} onSaved={asked.again} />}
      {shown?.view === "runs" && <Runs rule={shown.rule} onClose={close} />}
      {shown?.view === "backtest" && <Backtest rule={shown.rule} onClose={close} />}
    </Section>
  );
}

function RuleLine({
  rule,
  again,
  onShow,
}: {
  rule: Rule;
  again: () => void;
  onShow: (shown: Shown) => void;
}) {
  const { api } = client();
  const params = { id: rule.id };
  const change = async (work: () => Promise<unknown>, done?: string) => {
    await attempt(work, done);
    again();
  };
  const remove = async () => {
    if (await confirm(t("deleteRule"), t("deleteRuleText", { name: rule.name }), t("delete")))
      await change(() => api.deleteRule({ params }), t("deleted"));
  };
  return (
    <li>
      <Switch
        label={t("ruleOn", { name: rule.name })}
        on={rule.enabled}
        hidden
        onChange={(enabled) => void change(() => api.updateRule({ params, body: { enabled } }))}
      />
      <span class="grow">
        <strong>{rule.name}</strong>
        <span class="muted">{sentenceOf(rule)}</span>
      </span>
      <RuleState rule={rule} />
      <Menu
        label={t("ruleActions", { name: rule.name })}
        entries={[
          {
            icon: "play",
            label: t("runNow"),
            act: () => change(() => api.triggerRule({ params, body: {} }), t("ruleStarted")),
          },
          { icon: "edit", label: t("edit"), act: () => onShow({ view: "form", rule }) },
          { icon: "files", label: t("runs"), act: () => onShow({ view: "runs", rule }) },
          { icon: "search", label: t("backtest"), act: () => onShow({ view: "backtest", rule }) },
          { icon: "trash", label: t("deleteRule"), act: remove, danger: true },
        ]}
      />
    </li>
  );
}

function RuleState({ rule }: { rule: Rule }) {
  if (rule.last_status === null || rule.last_run_at === null)
    return <span class="badge">{t("neverRan")}</span>;
  return (
    <span
      class={`badge ${rule.last_status === "failed" ? "bad" : rule.last_status === "succeeded" ? "good" : ""}`}
    >
      {t(statusText(rule.last_status))} · {ago(rule.last_run_at)} · {count(rule.run_count)}×
    </span>
  );
}

const statuses = {
  running: "run_running",
  succeeded: "run_succeeded",
  failed: "run_failed",
  skipped: "run_skipped",
} as const;

/** Name of the text of a run's status. */
export function statusText(status: string): (typeof statuses)[keyof typeof statuses] {
  return statuses[status as keyof typeof statuses] ?? "run_running";
}
