import { deviceIn } from "./conditions.ts";
import { RuleFault } from "./rule-fault.ts";
import { valueAt } from "./values.ts";

const placeholder = /\{\{([^{}]{0,256})\}\}/g;
const path = /^\s*([\w.\-\u00a0-\uffff]+)\s*$/u;
const depthAtMost = 32;

/** Fields of a step in which a single placeholder keeps the type of its value. */
const typed = new Set(["command", "body"]);
/** Fields without placeholders, as device data must not choose their targets. */
const fixed = new Set(["type", "device_id", "component", "scene_id", "session_id", "method", "level"]);

/**
 * Replaces placeholders such as `{{state.temp}}` in a step with the event's values, in one pass: device data
 * is never expanded as a placeholder. A path without a value becomes an empty string.
 */
export function filled(
  step: Record<string, unknown>,
  event: Record<string, unknown>,
): Record<string, unknown> {
  return mapped(step, (text, field) => {
    const alone = typed.has(field) ? /^\{\{([^{}]{0,256})\}\}$/.exec(text) : null;
    if (alone !== null) return valueAt(event, pathOf(alone[1] ?? "", field)) ?? null;
    return text.replace(placeholder, (_, inner: string) => {
      const value = textOf(valueAt(event, pathOf(inner, field)));
      return field === "url" ? encodeURIComponent(value) : value;
    });
  });
}

/** Devices referenced by a step's placeholders. */
export function devicesIn(step: Record<string, unknown>): string[] {
  const found: string[] = [];
  mapped(step, (text, field) => {
    for (const [, inner = ""] of text.matchAll(placeholder)) found.push(deviceIn(pathOf(inner, field)) ?? "");
    return text;
  });
  return found.filter((id) => id !== "");
}

/** @throws RuleFault naming the field whose placeholder is not a plain path */
export function assertPlaceholders(step: Record<string, unknown>): void {
  devicesIn(step);
}

function pathOf(inner: string, field: string): string {
  const match = path.exec(inner);
  if (match?.[1] === undefined)
    throw new RuleFault(`${field}: {{${inner.slice(0, 64)}}} is no path such as {{state.temp}}`);
  return match[1];
}

function mapped(
  step: Record<string, unknown>,
  fill: (text: string, field: string) => unknown,
): Record<string, unknown> {
  const entries = Object.entries(step).map(([field, value]) => [
    field,
    fixed.has(field) ? value : deep(value, (text) => fill(text, field), 0),
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function deep(value: unknown, fill: (text: string) => unknown, depth: number): unknown {
  if (typeof value === "string") return fill(value);
  if (typeof value !== "object" || value === null || depth > depthAtMost) return value;
  if (Array.isArray(value)) return value.map((one) => deep(one, fill, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, deep(one, fill, depth + 1)]));
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
