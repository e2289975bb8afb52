import { devices } from "../../state/devices.ts";
import { t } from "../../state/language.ts";

interface Parts {
  trigger_type: string;
  trigger_config: Record<string, unknown>;
  conditions: Record<string, unknown>;
  actions: unknown;
}

/** A rule as a sentence: when … and if … then … */
export function sentenceOf({ trigger_type, trigger_config, conditions, actions }: Parts): string {
  const when = triggerText(trigger_type, trigger_config);
  const tests = listOf(conditions.all ?? conditions.any);
  const how = conditions.any === undefined ? t("and") : t("or");
  const whether = tests.map((one) => comparison(one, String(one.field ?? ""))).join(` ${how} `);
  const then = stepsOf(actions)
    .map(stepText)
    .join(`, ${t("thenWord")} `);
  return [
    t("whenWords", { what: when }),
    whether && t("ifWords", { what: whether }),
    t("thenWords", { what: then }),
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** Steps in whichever of the forms they are stored. */
export function stepsOf(actions: unknown): Record<string, unknown>[] {
  if (Array.isArray(actions)) return actions as Record<string, unknown>[];
  const { steps } = actions as { steps?: unknown };
  if (Array.isArray(steps)) return steps as Record<string, unknown>[];
  return "type" in (actions as object) ? [actions as Record<string, unknown>] : [];
}

function triggerText(type: string, config: Record<string, unknown>): string {
  if (type === "schedule") return t("byCron", { cron: String(config.cron ?? "") });
  if (type === "device") {
    const of = t("ofDevice", { device: deviceName(config.device_id) });
    return `${of} ${comparison(config, String(config.field ?? ""))}`.trim();
  }
  if (type === "message") return t("byMessage", { text: String(config.contains ?? config.pattern ?? "") });
  if (type === "manual") return t("byHand");
  return `${type} ${JSON.stringify(config)}`;
}

function comparison({ op, value }: Record<string, unknown>, field: string): string {
  if (op === undefined) return field === "" ? t("changes") : `${field} ${t("changes")}`;
  return `${field} ${String(op)} ${typeof value === "string" ? value : JSON.stringify(value)}`;
}

function stepText(step: Record<string, unknown>): string {
  switch (step.type) {
    case "notify":
      return t("stepNotify", { title: String(step.title ?? "") });
    case "device_command":
      return t("stepCommand", { device: deviceName(step.device_id), command: JSON.stringify(step.command) });
    case "send_message":
      return t("stepMessage", { content: String(step.content ?? "") });
    case "webhook":
      return t("stepWebhook", { url: String(step.url ?? "") });
    case "reminder":
      return t("stepReminder", { title: String(step.title ?? "") });
    case "delay":
      return t("stepDelay", { seconds: String(step.seconds ?? "") });
    default:
      return String(step.type ?? "?");
  }
}

function deviceName(id: unknown): string {
  return devices.value?.find(({ device_id }) => device_id === id)?.name || String(id ?? "?");
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}
