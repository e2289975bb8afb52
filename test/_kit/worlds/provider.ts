import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import { createModels } from "../../../actors/models/index.ts";
import type { ModelDelta, Models } from "../../../actors/models/model.ts";
import { Lifecycle } from "../../../infra/lifecycle.ts";
import { createLogger } from "../../../infra/log.ts";
import { configSchema, type Settings } from "../../../schemas/config.ts";
import type { ChatParams } from "../../../schemas/wire/openai-request.ts";
import type { UpstreamCall } from "../fakes/upstream.ts";
import { eventually } from "../judge/waiting.ts";
import { Service } from "./service.ts";

const program = fileURLToPath(new URL("../fakes/upstream.js", import.meta.url));

/** The scripted upstream of one test, stopped with it. */
export interface Upstream {
  service: Service;
  /** Base URL of its OpenAI API. */
  url: string;
  calls(): Promise<UpstreamCall[]>;
}

/** Starts the scripted upstream. */
export async function startUpstream(t: Pick<ExecutionContext, "teardown">): Promise<Upstream> {
  const service = new Service({ name: "upstream", command: [program], env: {}, cwd: tmpdir() });
  await service.start();
  t.teardown(() => service.destroy());
  const origin = `http://127.0.0.1:${service.port}`;
  return {
    service,
    url: `${origin}/v1`,
    calls: async () => (await (await fetch(`${origin}/calls`)).json()) as UpstreamCall[],
  };
}

/** Settings from an environment, as in a process. */
export function settingsOf(environment: Record<string, string>): Settings {
  return configSchema.parse({ EXTRAS: "0", LOG_LEVEL: "silent", ...environment });
}

/** Models of an environment; with `listed`, waits for the scripted upstream's model list. */
export async function modelsOf(environment: Record<string, string>, listed = true): Promise<Models> {
  const settings = settingsOf(environment);
  const log = createLogger("test", settings);
  const models = await createModels({ settings, log, lifecycle: new Lifecycle(log, 1_000) });
  if (listed && environment.OPENAI_BASE_URL !== undefined && environment.OPENAI_BASE_URL !== unreachable)
    await eventually(
      async () => models.list().some(({ id }) => id === "hang"),
      5_000,
      "the provider's models are listed",
    );
  return models;
}

/** A base URL without a server. */
export const unreachable = "http://127.0.0.1:9/v1";

/** Result of one call. */
export interface Heard {
  deltas: ModelDelta[];
  text: string;
  error?: unknown;
}

/** Runs one call to its end or error. */
export async function hear(
  models: Models,
  ask: { text?: string; model?: string; params?: ChatParams; signal?: AbortSignal },
  onDelta: (delta: ModelDelta) => void = () => {},
): Promise<Heard> {
  const heard: Heard = { deltas: [], text: "" };
  try {
    const call = {
      model: ask.model,
      messages: [{ role: "user" as const, content: ask.text ?? "hello" }],
      params: ask.params ?? {},
      signal: ask.signal ?? new AbortController().signal,
      user: "u1",
    };
    for await (const delta of models.stream("chat", call)) {
      heard.deltas.push(delta);
      if (delta.kind === "content") heard.text += delta.text;
      onDelta(delta);
    }
  } catch (error) {
    heard.error = error;
  }
  return heard;
}
