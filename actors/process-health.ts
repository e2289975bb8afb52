import { showConnection } from "../infra/nats/connection-metrics.ts";
import type { ProcessHealth } from "../schemas/messages/process-health.ts";
import { metricsScrape, processHealth } from "../schemas/messages/processes.ts";
import type { ActorContext } from "./actor-context.ts";

const sayEveryMs = 1_000;
/** MongoDB counts as down without a response for this long, ms. */
const silentMs = 3_000;
/** Maximum concurrent unanswered pings. */
const mostPings = 3;

/**
 * Publishes a heartbeat every second with the roles of this process and its MongoDB status, and answers edges
 * that collect metrics.
 */
export function startProcessHealth(
  {
    nc,
    bus,
    db,
    actorId,
    metrics,
    lifecycle,
    readiness,
  }: Pick<ActorContext, "nc" | "bus" | "db" | "actorId" | "metrics" | "lifecycle" | "readiness">,
  roles: readonly string[],
): void {
  let answeredAt = performance.now();
  let pings = 0;
  const ping = () => {
    // The MongoDB driver may never settle an operation on a lost connection, so hanging pings must not stop
    // new ones.
    if (pings >= mostPings) return;
    pings += 1;
    const late = new Promise((resolve) => setTimeout(resolve, silentMs).unref());
    const answered = db.command({ ping: 1 }, { timeoutMS: silentMs }).then(
      () => {
        answeredAt = performance.now();
      },
      () => undefined,
    );
    void Promise.race([answered, late]).then(() => {
      pings -= 1;
    });
  };
  const isMongoUp = () => performance.now() - answeredAt < silentMs;
  readiness.add(() => (isMongoUp() ? undefined : "MongoDB does not answer"));
  showEngines(metrics, nc, isMongoUp);
  const say = () => {
    ping();
    if (nc.isClosed()) return;
    const mongodb = isMongoUp() ? "up" : "down";
    const problem = readiness.isStarted ? readiness.problems()[0] : undefined;
    const health: ProcessHealth = {
      id: actorId,
      roles: [...roles],
      mongodb,
      started: readiness.isStarted,
      problem,
    };
    bus.signal(processHealth, health);
  };
  const timer = setInterval(say, sayEveryMs);
  lifecycle.onStop("process health", () => clearInterval(timer));
  say();

  bus.serve(metricsScrape, () => metrics.registry.metrics());
}

function showEngines(
  metrics: ActorContext["metrics"],
  nc: ActorContext["nc"],
  isMongoUp: () => boolean,
): void {
  const up = metrics.gauge("parley_mongodb_up", "Whether MongoDB has answered lately", [], () => {
    up.set(isMongoUp() ? 1 : 0);
  });
  showConnection(metrics, nc);
}
