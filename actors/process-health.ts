import type { ProcessHealth } from "../schemas/process-health.ts";
import { subjects } from "../schemas/subjects.ts";
import type { ActorContext } from "./actor-context.ts";

const sayEveryMs = 1_000;
/** MongoDB is down when it has not answered for this long, ms. */
const silentMs = 3_000;

/**
 * Says each second that this process is there, what it runs and whether it reaches MongoDB, and answers edges that
 * gather metrics.
 */
export function startProcessHealth(
  {
    nc,
    db,
    actorId,
    metrics,
    log,
    lifecycle,
  }: Pick<ActorContext, "nc" | "db" | "actorId" | "metrics" | "log" | "lifecycle">,
  roles: readonly string[],
): void {
  // An edge shows the metrics of all processes together.
  metrics.registry.setDefaultLabels({ role: "actors", process: actorId });
  let answeredAt = performance.now();
  let pinging = false;
  const ping = async () => {
    // A ping may hang for as long as MongoDB does; it is late all the same.
    if (pinging) return;
    pinging = true;
    await db.command({ ping: 1 }, { timeoutMS: silentMs }).then(
      () => {
        answeredAt = performance.now();
      },
      () => undefined,
    );
    pinging = false;
  };
  const say = () => {
    void ping();
    if (nc.isClosed()) return;
    const mongodb = performance.now() - answeredAt < silentMs ? "up" : "down";
    const health: ProcessHealth = { id: actorId, roles: [...roles], mongodb };
    nc.publish(subjects.healthActor(actorId), JSON.stringify(health));
  };
  const timer = setInterval(say, sayEveryMs);
  lifecycle.onStop("process health", () => clearInterval(timer));
  say();

  nc.subscribe(subjects.metricsScrape, {
    callback: (err, msg) => {
      if (err !== null) return;
      metrics.registry.metrics().then(
        (text) => msg.respond(text),
        (cause: unknown) => log.warn({ err: cause }, "metrics not gathered"),
      );
    },
  });
}
