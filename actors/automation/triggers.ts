import { type RuleDocument, triggerConfigs } from "../../schemas/documents/automation.ts";
import { type DeviceChange, devicesUpdatedSchema } from "../../schemas/documents/device.ts";
import { notificationEventSchema } from "../../schemas/documents/notification.ts";
import { type TurnCompleted, turnsCompletedSchema } from "../../schemas/messages/event.ts";
import { eventNames } from "../../schemas/messages/subjects.ts";
import { isAutomatic } from "../events/session-mail.ts";
import { matchesPattern } from "./bounded-pattern.ts";
import { compare } from "./comparison.ts";
import { nextRun } from "./cron.ts";
import { RuleFault } from "./rule-fault.ts";

/** Something that may trigger rules: an event as conditions read it. `id` is the same however often it is read. */
export interface Cause {
  id: string;
  /** Event's name without its user, `device.updated`. */
  name: string;
  at: number;
  event: Record<string, unknown>;
  change?: DeviceChange;
  /** Text of a user's message. */
  text?: string;
}

/** One event message: where it stands and what it says. */
export interface EventMessage {
  name: string;
  seq: number;
  at: number;
  payload: unknown;
}

/** What an event may trigger. What automation itself has caused is left out, or rules would trigger one another for ever. */
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

function causeOfChange(change: DeviceChange): Cause {
  const { id, device_id, name, type, online, state, previous, changed, at } = change;
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

/** Whether a rule is triggered. @throws RuleFault when its trigger can't be understood */
export function isTriggered(
  rule: Pick<RuleDocument, "trigger_type" | "trigger_config">,
  cause: Cause,
): boolean {
  switch (rule.trigger_type) {
    case "device":
      return cause.change !== undefined && ofDevice(configOf("device", rule.trigger_config), cause.change);
    case "message":
      return cause.text !== undefined && ofMessage(configOf("message", rule.trigger_config), cause.text);
    case "event":
      return subjectMatches(configOf("event", rule.trigger_config).subject, cause.name);
    default:
      return false;
  }
}

/** Why a rule can't ever be triggered, or null. */
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
    if ("pattern" in parsed && parsed.pattern !== undefined) matchesPattern(parsed.pattern, "");
    if (type === "message" && !("contains" in parsed || "pattern" in parsed))
      throw new RuleFault("trigger_config: contains or pattern is missing");
    return null;
  } catch (err) {
    if (err instanceof RuleFault) return err.message;
    throw err;
  }
}

/** A trigger's configuration. @throws RuleFault that names the first field at fault */
export function configOf<Type extends keyof typeof triggerConfigs>(type: Type, config: unknown) {
  const parsed = triggerConfigs[type].safeParse(config);
  if (parsed.success) return parsed.data as ReturnType<(typeof triggerConfigs)[Type]["parse"]>;
  const [issue] = parsed.error.issues;
  throw new RuleFault(`trigger_config: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}

/** A comparison triggers when it begins to hold; without one, every change of the field, or every update, does. */
function ofDevice(
  config: { device_id: string; field?: string | undefined; op: string; value?: unknown },
  change: DeviceChange,
): boolean {
  const { field, op, value } = config;
  if (config.device_id !== change.device_id) return false;
  if (field === undefined) return true;
  const key = field.startsWith("state.") ? field.slice("state.".length) : field;
  if (!change.changed.includes(key)) return false;
  if (value === undefined) return true;
  const now = key === "online" && !Object.hasOwn(change.state, key) ? change.online : change.state[key];
  const before = Object.hasOwn(change.previous, key) && compare(op, change.previous[key], value);
  return compare(op, now, value) && !before;
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

/** `turn.completed`, also with its first token or its user, with `*` for one and `>` for all further tokens. */
function subjectMatches(subject: string, name: string): boolean {
  const wanted = subject.split(".");
  if (wanted[0] === "event") wanted.shift();
  const tokens = name.split(".");
  const fits = (parts: string[]) =>
    parts.every((part, index) => part === ">" || part === "*" || part === tokens[index]) &&
    (parts.at(-1) === ">" ? parts.length <= tokens.length : parts.length === tokens.length);
  return fits(wanted) || (wanted.length === tokens.length + 1 && fits(wanted.slice(0, -1)));
}
