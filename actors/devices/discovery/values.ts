import { isObject } from "../../../schemas/json-object.ts";
import type { Announcement } from "../announcements.ts";
import { bareValue, objectOf, type Payload } from "../payload.ts";
import type { Entity, Reader } from "./entity.ts";

/** Device values in a payload. */
export interface TopicValues {
  state: Record<string, unknown>;
  /** Expiry of the values, ms; null if not announced. */
  expiresMs: number | null;
  isAvailability: boolean;
}

/** Parses a payload with all entities of a device. */
export function valuesOf(announced: readonly Announcement[], topic: string, payload: Payload): TopicValues {
  const values: TopicValues = { state: {}, expiresMs: null, isAvailability: false };
  for (const entity of announced.flatMap(({ entities }) => entities)) {
    if (entity.availability?.topics.some((one) => one.topic === topic)) values.isAvailability = true;
    const state = stateOf(entity, topic, payload);
    if (Object.keys(state).length === 0) continue;
    Object.assign(values.state, state);
    if (entity.expireAfterMs !== null)
      values.expiresMs = Math.max(values.expiresMs ?? 0, entity.expireAfterMs);
  }
  return values;
}

function stateOf({ readers }: Entity, topic: string, payload: Payload): Record<string, unknown> {
  const state: Record<string, unknown> = {};
  // An empty payload clears a retained message and is not a value.
  if (payload.text.trim() === "") return state;
  for (const reader of readers) {
    if (reader.topic !== topic) continue;
    const value = read(reader, payload);
    if (value === undefined) continue;
    if (reader.spread && reader.key !== "attributes" && isObject(value)) Object.assign(state, value);
    else state[reader.key] = value;
  }
  return state;
}

function read({ template, spread }: Reader, payload: Payload): unknown {
  if (template !== null) return template.read({ value: payload.text, value_json: payload.json });
  return spread ? (objectOf(payload) ?? undefined) : bareValue(payload);
}
