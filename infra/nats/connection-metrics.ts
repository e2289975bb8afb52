import type { NatsConnection } from "nats";
import type { Metrics } from "../metrics.ts";

/** Metrics of a NATS connection: its state and its reconnects. */
export function showConnection(metrics: Metrics, nc: NatsConnection): void {
  const up = metrics.gauge("parley_nats_up", "Whether the connection to NATS stands");
  const reconnects = metrics.counter(
    "parley_nats_reconnects_total",
    "Times that the connection to NATS was made again",
  );
  up.set(nc.isClosed() ? 0 : 1);
  const follow = async () => {
    for await (const { type } of nc.status()) {
      if (type === "disconnect") up.set(0);
      if (type !== "reconnect") continue;
      up.set(1);
      reconnects.inc();
    }
    up.set(0);
  };
  void follow();
}
