import { payloadOf } from "../payload.ts";
import type { Config } from "./names.ts";
import { ownTopic, textOf } from "./own-topic.ts";
import { compileTemplate, type Template } from "./template.ts";
import { TemplateError } from "./template-error.ts";

/** A topic for the availability of an entity, and its payloads. */
export interface AvailabilityTopic {
  topic: string;
  template: Template | null;
  available: string;
  notAvailable: string;
}

/** Computes an entity's availability from its topics. */
export interface Availability {
  /** Available if `all` topics, `any` topic, or the `latest` message says so. */
  mode: "all" | "any" | "latest";
  topics: AvailabilityTopic[];
}

/** Last payload on a topic, and its time (any increasing number). */
export interface Word {
  text: string;
  at: number;
}

/** Parses `availability_topic`, or the list `availability`; adds unsupported parts to `unsupported`. */
export function readAvailability(config: Config, user: string, unsupported: string[]): Availability | null {
  const single = config.availability_topic !== undefined;
  const listed = single
    ? [{ ...config, topic: config.availability_topic, value_template: config.availability_template }]
    : Array.isArray(config.availability)
      ? (config.availability as Config[])
      : [];
  const topics = listed.flatMap((one): AvailabilityTopic[] => {
    const topic = ownTopic(one.topic, user);
    const name = single ? "availability_topic" : "availability topic";
    if (topic === undefined) {
      unsupported.push(`${name} is not below device/${user}/: ${String(one.topic).slice(0, 128)}`);
      return [];
    }
    const text = textOf(one.value_template);
    try {
      const template = text === undefined ? null : compileTemplate(text);
      const available = String(one.payload_available ?? "online");
      return [{ topic, template, available, notAvailable: String(one.payload_not_available ?? "offline") }];
    } catch (err) {
      if (!(err instanceof TemplateError)) throw err;
      unsupported.push(`availability template can't be read: ${err.message}`);
      return [];
    }
  });
  const mode = config.availability_mode;
  return topics.length === 0 ? null : { mode: mode === "all" || mode === "any" ? mode : "latest", topics };
}

/** Whether an entity is available; undefined without any message. */
export function isAvailable(
  { mode, topics }: Availability,
  said: (topic: string) => Word | undefined,
): boolean | undefined {
  const words = topics.flatMap((one) => {
    const word = said(one.topic);
    const is = word && meaningOf(one, word.text);
    return is === undefined ? [] : [{ is, at: word?.at ?? 0 }];
  });
  if (words.length === 0) return undefined;
  if (mode === "all") return words.every(({ is }) => is);
  if (mode === "any") return words.some(({ is }) => is);
  return words.reduce((latest, word) => (word.at >= latest.at ? word : latest)).is;
}

function meaningOf(topic: AvailabilityTopic, text: string): boolean | undefined {
  const said = topic.template === null ? text.trim() : shown(topic.template.read(variablesOf(text)));
  if (said === topic.available) return true;
  return said === topic.notAvailable ? false : undefined;
}

/** Template variables of a payload. */
export function variablesOf(text: string): Record<string, unknown> {
  return { value: text, value_json: payloadOf(text)?.json };
}

function shown(value: unknown): string | undefined {
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
}
