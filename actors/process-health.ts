import { showConnection } from "../infra/nats/connection-metrics.ts";
import type { ProcessHealth } from "../schemas/messages/process-health.ts";
import { metricsScrape, processHealth } from "../schemas/messages/processes.ts";
import type { ActorContext } from "./actor-context.ts";

const sayEveryMs = 1_000;
/** MongoDB is down when it has not answered for this long, ms. */
const silentMs = 3_000;
/** Unanswered pings at a time. */
const mostPings = 3;

/**
 * Says each second that this process is there, what it runs and whether it reaches MongoDB, and answers edges that
 * gather metrics.
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
    // MongoDB's driver may never end an operation whose connection was lost: a ping that hangs must not be the last.
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
