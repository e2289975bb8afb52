import { z } from "zod";
import type { ProcessContext } from "../../infra/process-context.ts";
import type { Services } from "../services.ts";
import { AllMetrics } from "./all-metrics.ts";

type HealthContext = Pick<ProcessContext, "metrics" | "readiness">;

const scopeSchema = z.object({ scope: z.enum(["all", "edge", "actors"]).default("all") });

/**
 * Registers `/health`, `/api/v1/health` and `/metrics` (for the administrator). With several edges, scrape
 * all but one with `/metrics?scope=edge`; otherwise actor processes are counted more than once.
 */
export function addHealth(services: Services, { metrics, readiness }: HealthContext): void {
  const { router, sockets, dependencies, identity } = services;
  for (const path of ["/health", "/api/v1/health"]) {
    router.route({
      method: "GET",
      path,
      handler: (exchange) => exchange.json(200, dependencies.health(sockets.size)),
    });
  }
  addProbes(services, readiness);
  const all = new AllMetrics(services, metrics);
  router.route({
    method: "GET",
    path: "/metrics",
    // User and traffic counts are private; METRICS_PORT serves them on an internal address.
    authorize: identity.authorizeUser("admin", { admin: true }),
    handler: async (exchange) => {
      const { scope } = scopeSchema.parse(Object.fromEntries(exchange.head.query));
      exchange.send(200, await all.text(scope), { "content-type": metrics.registry.contentType });
    },
  });
}

/** Liveness and readiness probes of an orchestrator. */
function addProbes({ router, lifecycle }: Services, readiness: ProcessContext["readiness"]): void {
  const plain = { "content-type": "text/plain; charset=utf-8" };
  router.route({
    method: "GET",
    path: "/livez",
    handler: (exchange) => exchange.send(200, "ok\n", plain),
  });
  router.route({
    method: "GET",
    path: "/readyz",
    handler: (exchange) => {
      const problems = lifecycle.stopping ? ["stopping"] : readiness.problems();
      if (problems.length === 0) exchange.send(200, "ok\n", plain);
      else exchange.send(503, `${problems.join("\n")}\n`, plain);
    },
  });
}
