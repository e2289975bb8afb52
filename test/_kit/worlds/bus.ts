import type { ExecutionContext } from "ava";
import type { NatsConnection } from "nats";
import { Bus } from "../../../infra/bus/bus.ts";
import { createLogger } from "../../../infra/log.ts";
import { createMetrics } from "../../../infra/metrics.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import { settingsOf } from "./provider.ts";

/** A bus on its own connection, as in one process. */
export interface TestBus {
  bus: Bus;
  nc: NatsConnection;
  /** Value of a counter for one message of the table. */
  count(metric: string, subject: string): Promise<number>;
}

/** An error that a test's bus treats as an outage. */
export class TestOutage extends Error {}

/** Connects; closed with the test. */
export async function openBus(t: Pick<ExecutionContext, "teardown">, natsUrl: string): Promise<TestBus> {
  const log = createLogger("test", { logLevel: "silent" });
  const nc = await connectNats({ url: natsUrl, name: "test", log });
  t.teardown(() => nc.close());
  const metrics = createMetrics("test");
  const { limits } = settingsOf({});
  const isOutage = (err: unknown) => err instanceof TestOutage;
  const bus = await Bus.over({ nc, log, metrics, limits, isOutage });
  return {
    bus,
    nc,
    async count(metric, subject) {
      const found = (await metrics.registry.getMetricsAsJSON()).find(({ name }) => name === metric);
      const values = (found?.values ?? []) as { value: number; labels: { subject?: string } }[];
      return values.find(({ labels }) => labels.subject === subject)?.value ?? 0;
    },
  };
}
