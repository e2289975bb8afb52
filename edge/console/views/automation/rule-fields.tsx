import { Button, IconButton } from "../../parts/button.tsx";
import { Choice, Field } from "../../parts/field.tsx";
import { devices } from "../../state/devices.ts";
import { t } from "../../state/language.ts";
import type { Draft } from "./rule-form.tsx";

interface Props {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
}

type Json = Record<string, unknown>;

const operators = ["==", "!=", ">", ">=", "<", "<=", "contains", "matches"] as const;
const firstConfig: Record<string, Json> = {
  schedule: { cron: "0 8 * * *" },
  device: { device_id: "", field: "", op: "==", value: "" },
  message: { contains: "" },
  manual: {},
};

/** When the rule begins. */
export function TriggerFields({ draft, set }: Props) {
  const { trigger_type, trigger_config: config } = draft;
  const change = (by: Json) => set({ trigger_config: { ...config, ...by } });
  const types = ["schedule", "device", "message", "manual"];
  if (!types.includes(trigger_type)) types.push(trigger_type);
  return (
    <fieldset class="form">
      <legend>{t("when")}</legend>
      <div class="form-row">
        <Choice
          label={t("trigger")}
          value={trigger_type}
          options={types.map((type) => [type, nameOf(type)])}
          onChange={(type) => set({ trigger_type: type, trigger_config: firstConfig[type] ?? {} })}
        />
        {trigger_type === "schedule" && (
          <Field
            label="Cron"
            value={String(config.cron ?? "")}
            onInput={(cron) => change({ cron })}
            hint={t("cronHint")}
            mono
          />
        )}
        {trigger_type === "message" && (
          <Field
            label={t("contains")}
            value={String(config.contains ?? "")}
            onInput={(contains) => change({ contains })}
          />
        )}
        {trigger_type === "device" && (
          <DeviceChoice id={config.device_id} onChange={(device_id) => change({ device_id })} />
        )}
      </div>
      {trigger_type === "device" && <Comparison of={config} label={t("field")} change={change} />}
    </fieldset>
  );
}

function nameOf(type: string): string {
  const names = {
    schedule: t("trigger_schedule"),
    device: t("trigger_device"),
    message: t("trigger_message"),
    manual: t("trigger_manual"),
  } as Record<string, string>;
  return names[type] ?? type;
}

/** Conditions of the rule. */
export function ConditionFields({ draft, set }: Props) {
  const key = draft.conditions.any === undefined ? "all" : "any";
  const list = (draft.conditions[key] as Json[] | undefined) ?? [];
  const simple = list.every((one) => "field" in one);
  const put = (tests: Json[]) => set({ conditions: tests.length === 0 ? {} : { [key]: tests } });
  if (!simple) return <p class="muted">{t("conditionsInJson")}</p>;
  return (
    <fieldset class="form">
      <legend>{t("if")}</legend>
      {list.map((test, at) => (
        <div class="row" key={`${at}/${list.length}`}>
          <Comparison
            of={test}
            label={t("valueOf")}
            change={(by) => put(list.map((one, index) => (index === at ? { ...one, ...by } : one)))}
          />
          <IconButton
            icon="trash"
            label={t("delete")}
            onClick={() => put(list.filter((_, index) => index !== at))}
          />
        </div>
      ))}
      <Button
        icon="plus"
        label={t("addCondition")}
        onClick={() => put([...list, { field: "now.hour", op: ">=", value: 8 }])}
      />
    </fieldset>
  );
}

function Comparison({ of, label, change }: { of: Json; label: string; change: (by: Json) => void }) {
  return (
    <div class="form-row">
      <Field label={label} value={String(of.field ?? "")} onInput={(field) => change({ field })} />
      <Choice
        label={t("comparison")}
        value={String(of.op ?? "==")}
        options={operators.map((op) => [op, op])}
        onChange={(op) => change({ op })}
      />
      <Field
        label={t("value")}
        value={shown(of.value)}
        onInput={(text) => change({ value: readValue(text) })}
      />
    </div>
  );
}

/** What happens then, one step after the other. */
export function StepFields({ draft, set }: Props) {
  const { steps } = draft;
  const put = (at: number, by: Json) =>
    set({ steps: steps.map((one, index) => (index === at ? { ...one, ...by } : one)) });
  return (
    <fieldset class="form">
      <legend>{t("thenWord")}</legend>
      {steps.map((step, at) => (
        <div class="row" key={`${at}/${steps.length}`}>
          <Step
            step={step}
            change={(by) => put(at, by)}
            replace={(type) => set({ steps: steps.with(at, { type }) })}
          />
          <IconButton
            icon="trash"
            label={t("delete")}
            disabled={steps.length === 1}
            onClick={() => set({ steps: steps.filter((_, index) => index !== at) })}
          />
        </div>
      ))}
      <Button
        icon="plus"
        label={t("addStep")}
        onClick={() => set({ steps: [...steps, { type: "notify", title: "", body: "" }] })}
      />
    </fieldset>
  );
}

const stepFields: Record<string, readonly string[]> = {
  notify: ["title", "body"],
  device_command: ["command"],
  send_message: ["content", "session_id"],
  webhook: ["url"],
  reminder: ["title", "delay_s"],
  delay: ["seconds"],
  scene: ["scene_id"],
};
const textFields = new Set(["title", "body", "content", "url", "session_id", "scene_id"]);

function Step({
  step,
  change,
  replace,
}: {
  step: Json;
  change: (by: Json) => void;
  replace: (type: string) => void;
}) {
  const type = String(step.type ?? "notify");
  const types = Object.keys(stepFields);
  return (
    <div class="form-row">
      <Choice
        label={t("step")}
        value={type}
        options={(types.includes(type) ? types : [...types, type]).map((one) => [one, one])}
        onChange={replace}
      />
      {type === "device_command" && (
        <DeviceChoice id={step.device_id} onChange={(device_id) => change({ device_id })} />
      )}
      {stepFields[type]?.map((field) => (
        <Field
          key={field}
          label={field}
          value={shown(step[field])}
          onInput={(text) => change({ [field]: textFields.has(field) ? text : readValue(text) })}
        />
      ))}
    </div>
  );
}

function DeviceChoice({ id, onChange }: { id: unknown; onChange: (id: string) => void }) {
  const known = (devices.value ?? []).map(({ device_id, name }) => [device_id, name || device_id] as const);
  const chosen = String(id ?? "");
  const others = known.some(([one]) => one === chosen) ? [] : ([[chosen, chosen || "–"]] as const);
  return <Choice label={t("device")} value={chosen} options={[...others, ...known]} onChange={onChange} />;
}

function shown(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Numbers, true, false and JSON as what they mean; anything else is a text. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
