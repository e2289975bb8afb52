import type { ExecutionContext } from "ava";
import { startEdge } from "../../../edge/main.ts";
import { Lifecycle } from "../../../infra/lifecycle.ts";
import { createLogger } from "../../../infra/log.ts";
import { createMetrics } from "../../../infra/metrics.ts";
import { Readiness } from "../../../infra/readiness.ts";
import { loadSettings } from "../../../infra/settings.ts";
import { mintToken, testSecret } from "./token.ts";

/** An edge in the test process. */
export interface TestEdge {
  port: number;
  /** `http://127.0.0.1:port` */
  url: string;
  /** Value of one metric sample, 0 when missing. */
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

/** Starts an edge on a free port; stopped when the test ends. `environment`: settings besides the defaults. */
export async function startTestEdge(
  t: Pick<ExecutionContext, "teardown">,
  natsUrl: string,
  environment: Record<string, string> = {},
): Promise<TestEdge> {
  const settings = loadSettings(
    {
      PORT: "0",
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? "silent",
      NATS_URL: natsUrl,
      MONGODB_URI: "mongodb://127.0.0.1/none",
      ...environment,
    },
    "/nonexistent",
  );
  const log = createLogger("edge", settings);
  const lifecycle = new Lifecycle(log, 30_000);
  const readiness = new Readiness();
  const { port } = await startEdge({
    readiness,
    settings,
    log,
    lifecycle,
    metrics: createMetrics("edge"),
    endpoints: { natsUrl, mongodbUri: "" },
    secrets: { jwtSecret: testSecret, encryptionKey: Buffer.alloc(32), adminPassword: "", generated: [] },
  });
  readiness.started();
  const stop = () => lifecycle.stop();
  t.teardown(stop);
  const url = `http://127.0.0.1:${port}`;
  const metric = async (name: string) => {
    const text = await (await fetch(`${url}/metrics?token=${mintToken("admin")}`)).text();
    const line = text.split("\n").find((one) => one.startsWith(name));
    return Number(line?.slice(line.lastIndexOf(" ") + 1) ?? 0);
  };
  return { port, url, metric, stop };
}
