import { createParser } from "eventsource-parser";
import { ForeignJsonError, parseForeignJson } from "../../../schemas/foreign-json.ts";
import { ProviderError } from "../provider-error.ts";

/** One event of a response: bytes without a value (`alive`), one JSON value, or the end mark of a stream. */
export type ProviderEvent = { kind: "alive" } | { kind: "value"; value: unknown } | { kind: "done" };

/** Limits in bytes on a response: the whole body, and one line of it (lines are buffered). */
export interface BodyBounds {
  bodyBytes: number;
  lineBytes: number;
}

const newline = 10;
/** Log probabilities consist of many small values. */
const valueBounds = { values: 1_000_000 };

/**
 * Parses a response body regardless of its Content-Type: one JSON value if it starts with a brace, else
 * server-sent events. Each chunk of bytes yields at least one event, so that the reader sees that the
 * provider is alive.
 * @throws ProviderError for a body that is too large or contains no JSON
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  bounds: BodyBounds,
): AsyncGenerator<ProviderEvent> {
  const decoder = new TextDecoder("utf-8");
  const reader = new BodyReader();
  let total = 0;
  let line = 0;
  for await (const bytes of body) {
    const lastBreak = bytes.lastIndexOf(newline);
    total += bytes.length;
    line = lastBreak < 0 ? line + bytes.length : bytes.length - lastBreak - 1;
    if (total > bounds.bodyBytes || (line > bounds.lineBytes && !reader.isJson))
      throw new ProviderError("上游回复过大");
    yield { kind: "alive" };
    yield* reader.take(decoder.decode(bytes, { stream: true }));
  }
  yield* reader.end(decoder.decode());
}

/** Incremental parser of a body. */
class BodyReader {
  /** Text until the format is detected, or the whole JSON body. */
  #text = "";
  #form: "unknown" | "json" | "events" = "unknown";
  #ending = false;
  #events: ProviderEvent[] = [];
  readonly #parser = createParser({ onEvent: ({ event, data }) => this.#event(event, data) });

  get isJson(): boolean {
    return this.#form === "json";
  }

  take(text: string): ProviderEvent[] {
    if (this.#form === "events") return this.#feed(text);
    this.#text += text;
    if (this.#form === "json") return [];
    const begun = this.#text.trimStart();
    if (begun === "") return [];
    this.#form = begun.startsWith("{") ? "json" : "events";
    return this.#form === "json" ? [] : this.#feed(this.#release());
  }

  end(text: string): ProviderEvent[] {
    const before = this.take(text);
    if (this.#form === "json") {
      const values = jsonTexts(this.#release()).map(
        (one) => ({ kind: "value", value: parseJson(one) }) as const,
      );
      return [...before, ...values, { kind: "done" }];
    }
    this.#ending = true;
    // The last event may lack its terminating empty line.
    return [...before, ...this.#feed("\n\n")];
  }

  #release(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  #feed(text: string): ProviderEvent[] {
    this.#events = [];
    this.#parser.feed(text);
    return this.#events;
  }

  #event(name: string | undefined, data: string): void {
    const text = data.trim();
    if (text === "") return;
    if (text === "[DONE]") {
      this.#events.push({ kind: "done" });
      return;
    }
    for (const one of jsonTexts(text)) {
      // An event that was cut off is ignored.
      if (this.#ending && !isJson(one)) return;
      const value = parseJson(one);
      this.#events.push({ kind: "value", value: name === "error" ? asError(value) : value });
    }
  }
}

/**
 * Some servers omit the empty line between events, so that one event contains several values, one per line.
 */
function jsonTexts(text: string): string[] {
  return text.includes("\n") && !isJson(text) ? text.split("\n").filter((one) => one.trim() !== "") : [text];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A surrogate pair split over two chunks is valid: the next chunk contains the other half. */
function parseJson(text: string): unknown {
  try {
    return parseForeignJson(text, valueBounds);
  } catch (cause) {
    if (cause instanceof ForeignJsonError && cause.reason === "lone_surrogate") return JSON.parse(text);
    throw new ProviderError("上游回复无效", { cause });
  }
}

function asError(value: unknown): unknown {
  return typeof value === "object" && value !== null && "error" in value ? value : { error: value };
}
