/** Server metrics shown in a report, by their name in `/metrics`. Counters become rates. */
const shown = {
  process_resident_memory_bytes: { title: "memory MiB", scale: 1 / 2 ** 20, rate: false },
  process_cpu_seconds_total: { title: "CPU cores", scale: 1, rate: true },
  nodejs_eventloop_lag_p99_seconds: { title: "event loop lag p99 ms", scale: 1_000, rate: false },
  parley_ws_connections: { title: "sockets", scale: 1, rate: false },
  parley_messages_total: { title: "messages/s", scale: 1, rate: true },
} as const;

type Shown = keyof typeof shown;

/** Reads the server's metrics once a second; without access the report has none. */
export class ServerMetrics {
  readonly #url: string;
  readonly #token: string;
  #before: { at: number; values: Map<string, number> } | undefined;

  constructor(url: string, token: string) {
    this.#url = new URL("/metrics", url).href;
    this.#token = token;
  }

  /** Values by title, one per role; empty when unavailable. */
  async read(): Promise<Record<string, number>> {
    const text = await this.#fetch();
    const at = performance.now();
    const values = sums(text);
    const before = this.#before;
    this.#before = { at, values };
    const result: Record<string, number> = {};
    for (const [key, value] of values) {
      const [name = "", role = ""] = key.split(" ");
      const { title, scale, rate } = shown[name as Shown];
      const label = `${role} ${title}`.trim();
      if (!rate) result[label] = value * scale;
      else if (before !== undefined)
        result[label] = ((value - (before.values.get(key) ?? value)) / (at - before.at)) * 1_000 * scale;
    }
    return result;
  }

  async #fetch(): Promise<string> {
    try {
      const headers = { authorization: `Bearer ${this.#token}` };
      const response = await fetch(this.#url, { headers, signal: AbortSignal.timeout(2_000) });
      return response.ok ? await response.text() : "";
    } catch {
      return "";
    }
  }
}

/** Sums of the metrics over all labels except the role, by `name role`. */
function sums(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name = "", labels = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    if (!Object.hasOwn(shown, name)) continue;
    const role = /role="(\w+)"/.exec(labels)?.[1] ?? "";
    const key = `${name} ${role}`;
    values.set(key, (values.get(key) ?? 0) + Number(value));
  }
  return values;
}
