import { useEffect, useState } from "preact/hooks";
import { Button, Row } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Field } from "../../parts/field.tsx";
import { client } from "../../state/account.ts";
import { followDevices } from "../../state/devices.ts";
import { t } from "../../state/language.ts";
import { attempt } from "../../state/toasts.ts";
import { ConditionFields, StepFields, TriggerFields } from "./rule-fields.tsx";
import { sentenceOf, stepsOf } from "./rule-sentence.ts";
import type { Rule } from "./rules.tsx";

/** What a rule is made of, as it is edited. */
export interface Draft {
  name: string;
  trigger_type: string;
  trigger_config: Record<string, unknown>;
  conditions: Record<string, unknown>;
  steps: Record<string, unknown>[];
}

/** A rule as a form that reads as a sentence, with the JSON beside it. */
export function RuleForm(props: { rule: Rule | undefined; onClose: () => void; onSaved: () => void }) {
  const { rule, onClose, onSaved } = props;
  const [draft, setDraft] = useState<Draft>(() => draftOf(rule));
  const [json, setJson] = useState<string>();
  useEffect(followDevices, []);
  const set = (change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change }));
  const save = async (event: Event) => {
    event.preventDefault();
    const { api } = client();
    const saved = await attempt(() => {
      const { steps, ...rest } = json === undefined ? draft : (JSON.parse(json) as Draft);
      const body = { ...rest, actions: { ...actionsOf(rule), steps } };
      return rule === undefined
        ? api.createRule({ body })
        : api.updateRule({ params: { id: rule.id }, body });
    }, t("saved"));
    if (!saved) return;
    onSaved();
    onClose();
  };
  const toggleJson = () => {
    if (json === undefined) return setJson(JSON.stringify(draft, undefined, 2));
    void attempt(() => {
      setDraft(JSON.parse(json) as Draft);
      setJson(undefined);
    });
  };
  return (
    <Dialog title={rule === undefined ? t("newRule") : rule.name} wide onClose={onClose}>
      <form class="form" onSubmit={save}>
        {json === undefined ? (
          <>
            <Field label={t("name")} value={draft.name} onInput={(name) => set({ name })} required />
            <TriggerFields draft={draft} set={set} />
            <ConditionFields draft={draft} set={set} />
            <StepFields draft={draft} set={set} />
            <p class="muted" role="status">
              {sentenceOf({ ...draft, actions: { steps: draft.steps } })}
            </p>
          </>
        ) : (
          <Field label="JSON" value={json} onInput={setJson} rows={18} mono />
        )}
        <Row end>
          <Button icon="api" label={json === undefined ? t("asJson") : t("asForm")} onClick={toggleJson} />
          <Button label={t("cancel")} onClick={onClose} />
          <Button kind="primary" type="submit" label={t("save")} />
        </Row>
      </form>
    </Dialog>
  );
}

function draftOf(rule: Rule | undefined): Draft {
  if (rule === undefined) {
    const steps = [{ type: "notify", title: "", body: "" }];
    return {
      name: "",
      trigger_type: "schedule",
      trigger_config: { cron: "0 8 * * *" },
      conditions: {},
      steps,
    };
  }
  const { name, trigger_type, trigger_config, conditions, actions } = rule;
  return { name, trigger_type, trigger_config, conditions, steps: stepsOf(actions) };
}

/** What else stands in `actions`, such as the mode, stays. */
function actionsOf(rule: Rule | undefined): Record<string, unknown> {
  const actions = rule?.actions;
  return actions === undefined || Array.isArray(actions) || "type" in actions ? {} : actions;
}
