import { isDeepStrictEqual } from "node:util";
import type { RuleDocument } from "../../schemas/documents/automation.ts";
import { type DeviceChange, devicesUpdatedSchema } from "../../schemas/documents/device.ts";
import { notificationEventSchema } from "../../schemas/documents/notification.ts";
import { triggerConfigs } from "../../schemas/documents/rule-parts.ts";
import { type TurnCompleted, turnsCompletedSchema } from "../../schemas/messages/event.ts";
import { eventNames } from "../../schemas/messages/subjects.ts";
import { isAutomatic } from "../events/session-mail.ts";
import { compare } from "./comparison.ts";
import { nextRun } from "./cron.ts";
import { assertPattern, matchesPattern } from "./pattern.ts";
import { RuleFault } from "./rule-fault.ts";
import { isNoValue, valueAt } from "./values.ts";

/** An event that may trigger rules, as read by conditions. `id` is stable across redeliveries. */
export interface Cause {
  id: string;
  /** Event name without its user, such as `device.updated`. */
  name: string;
  at: number;
  event: Record<string, unknown>;
  change?: DeviceChange;
  /** Text of a user's message. */
  text?: string;
}

/** An event message with its stream sequence. */
export interface EventMessage {
  name: string;
  seq: number;
  at: number;
  payload: unknown;
}

/**
 * Causes in an event. Events caused by automation are excluded, so that rules can't trigger each other in a
 * loop.
 */
export function causesOf({ name, seq, at, payload }: EventMessage): Cause[] {
  const plain = { id: String(seq), name, at, event: { subject: name, event: payload } };
  if (name === eventNames.devicesUpdated) {
    const parsed = devicesUpdatedSchema.safeParse(payload);
    return (parsed.data?.changes ?? []).map((change) => causeOfChange(change));
  }
  if (name === eventNames.turnCompleted) {
    const { data } = turnsCompletedSchema.safeParse(payload);
    return (data?.turns ?? []).flatMap((turn) => causeOfTurn(plain, turn));
  }
  if (name === eventNames.notification) {
    const { data } = notificationEventSchema.safeParse(payload);
    return data?.notification.data?.rule_id === undefined ? [plain] : [];
  }
  return [plain];
}

/**
 * Builds the cause of a change; the previous state is the current one with the earlier values of changed
 * keys.
 */
export function causeOfChange(change: DeviceChange): Cause {
  const { id, device_id, name, type, online, state, changed, at } = change;
  const before = new Map(Object.entries(state));
  for (const key of changed) before.delete(key);
  const previous = { ...Object.fromEntries(before), ...change.previous };
  const event = { device_id, device: { device_id, name, type, online }, state, previous, changed };
  return { id, name: eventNames.devicesUpdated, at, event, change };
}

function causeOfTurn(plain: Cause, turn: TurnCompleted): Cause[] {
  const { id, session, messages, at } = turn;
  const said = messages.find(({ role }) => role === "user");
  if (said === undefined || isAutomatic(said.client_msg_id ?? "")) return [];
  const reply = messages.find(({ role }) => role === "assistant")?.content ?? "";
  const message = { content: said.content, message_id: said.message_id, session_id: session, reply };
  return [
    {
      ...plain,
      id,
      at,
      event: { ...plain.event, event: turn, session_id: session, message },
      text: said.content,
    },
  ];
}

/** Whether a rule is triggered. @throws RuleFault when its trigger is invalid */
export function isTriggered(
  rule: Pick<RuleDocument, "trigger_type" | "trigger_config">,
  cause: Cause,
): boolean {
  switch (rule.trigger_type) {
    case "device":
      return cause.change !== undefined && ofDevice(configOf("device", rule.trigger_config), cause).begins;
    case "message":
      return cause.text !== undefined && ofMessage(configOf("message", rule.trigger_config), cause.text);
    case "event":
      return subjectMatches(configOf("event", rule.trigger_config).subject, cause.name);
    default:
      return false;
  }
}

/** Reason why a rule can never be triggered, or null. */
export function triggerFault({
  trigger_type: type,
  trigger_config: config,
}: Pick<RuleDocument, "trigger_type" | "trigger_config">): string | null {
  try {
    if (type === "manual") return null;
    if (!(type in triggerConfigs)) throw new RuleFault(`unknown trigger_type: ${type}`);
    const parsed = configOf(type as keyof typeof triggerConfigs, config);
    if ("cron" in parsed) nextRun(parsed.cron, parsed.timezone ?? "UTC", Date.now());
    if ("device_id" in parsed) compare(parsed.op, undefined, parsed.value);
    if (type === "message" && !("contains" in parsed || "pattern" in parsed))
      throw new RuleFault("trigger_config: contains or pattern is missing");
    return null;
  } catch (err) {
    if (err instanceof RuleFault) return err.message;
    throw err;
  }
}

/**
 * Validates a trigger on save: unknown keys and invalid patterns.
 * @throws RuleFault naming the field
 */
export function assertTrigger({
  trigger_type: type,
  trigger_config: config,
}: Pick<RuleDocument, "trigger_type" | "trigger_config">): void {
  if (!(type in triggerConfigs)) return;
  const parsed = triggerConfigs[type as keyof typeof triggerConfigs].safeParse(config);
  const unknown = parsed.error?.issues.find(({ code }) => code === "unrecognized_keys");
  if (unknown !== undefined) {
    const [key = ""] = (unknown as { keys?: string[] }).keys ?? [];
    throw new RuleFault(`trigger_config: unknown field ${key.slice(0, 64)}`);
  }
  if (parsed.data === undefined) {
    if (type === "sun" || "for_s" in config || "pattern" in config) configOf(type as "sun", config);
    return;
  }
  if ("pattern" in parsed.data && parsed.data.pattern !== undefined) assertPattern(parsed.data.pattern);
  if (!("device_id" in parsed.data)) return;
  if (parsed.data.op === "matches") assertPattern(String(parsed.data.value));
  if (parsed.data.for_s !== undefined && (parsed.data.field === undefined || parsed.data.value === undefined))
    throw new RuleFault("trigger_config: for_s needs a field and a value that hold so long");
}

/** A trigger's configuration. @throws RuleFault naming the first invalid field */
export function configOf<Type extends keyof typeof triggerConfigs>(type: Type, config: unknown) {
  const parsed = triggerConfigs[type].safeParse(config);
  if (parsed.success) return parsed.data as ReturnType<(typeof triggerConfigs)[Type]["parse"]>;
  const [issue] = parsed.error.issues;
  throw new RuleFault(`trigger_config: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}

/** Effect of a change on a device trigger. */
interface DeviceTriggering {
  /** Whether the trigger's field changed. */
  concerned: boolean;
  /** Whether the comparison holds after the change. */
  holds: boolean;
  /** Whether the comparison starts to hold with the change; true for every change without a comparison. */
  begins: boolean;
}

const thresholds = new Set([">", ">=", "<", "<="]);

/** @throws RuleFault naming an unknown operator */
export function ofDevice(
  config: { device_id: string; field?: string | undefined; op: string; value?: unknown },
  { change, event }: Pick<Cause, "change" | "event">,
): DeviceTriggering {
  const { field, op, value } = config;
  const none = { concerned: false, holds: false, begins: false };
  if (change === undefined || config.device_id !== change.device_id) return none;
  if (field === undefined) return { concerned: true, holds: true, begins: true };
  const path = field.startsWith("state.") ? field.slice("state.".length) : field;
  if (!change.changed.some((key) => key === path || path.startsWith(`${key}.`))) return none;
  const online = path === "online" && !Object.hasOwn(change.state, path);
  const now = online ? change.online : valueAt(change.state, path);
  const before = online ? !change.online : valueAt(event.previous, path);
  if (value === undefined) {
    const moved = change.changed.includes(path) || !isDeepStrictEqual(now, before);
    return { concerned: moved, holds: moved, begins: moved };
  }
  const holds = compare(op, now, value) && !(thresholds.has(op) && isNoValue(now));
  // A threshold can't be crossed from an unknown value. The very first value counts as a crossing.
  const from =
    thresholds.has(op) && isNoValue(before) ? true : before !== undefined && compare(op, before, value);
  return { concerned: true, holds, begins: holds && !from };
}

function ofMessage(
  config: { contains?: string | undefined; pattern?: string | undefined },
  text: string,
): boolean {
  const { contains, pattern } = config;
  if (contains === undefined && pattern === undefined) return false;
  const has = contains === undefined || text.toLowerCase().includes(contains.toLowerCase());
  return has && (pattern === undefined || matchesPattern(pattern, text));
}

/**
 * Matches `turn.completed`, optionally with its first token or user; wildcards: `*` one token, `>` the rest.
 */
function subjectMatches(subject: string, name: string): boolean {
  const wanted = subject.split(".");
  if (wanted[0] === "event") wanted.shift();
  const tokens = name.split(".");
  const fits = (parts: string[]) =>
    parts.every((part, index) => part === ">" || part === "*" || part === tokens[index]) &&
    (parts.at(-1) === ">" ? parts.length <= tokens.length : parts.length === tokens.length);
  return fits(wanted) || (wanted.length === tokens.length + 1 && fits(wanted.slice(0, -1)));
}
