import { z } from "zod";

/** `health.actors.<id>`, from every actor process each second: edges learn from it what stands behind them. */
export const processHealthSchema = z.object({
  id: z.string(),
  /** Roles that the process runs. */
  roles: z.array(z.string()),
  mongodb: z.enum(["up", "down"]),
});
export type ProcessHealth = z.infer<typeof processHealthSchema>;

/** State of one dependency, as far as it is known. */
export const dependencyStateSchema = z.enum(["up", "down", "unknown"]);
export type DependencyState = z.infer<typeof dependencyStateSchema>;

/** Body of `/health`. */
export const healthSchema = z.object({
  status: z.enum(["ok", "degraded"]),
  service: z.literal("cyrene-gateway"),
  /** WebSockets of this edge. */
  ws_connections: z.int().nonnegative(),
  dependencies: z.object({
    nats: dependencyStateSchema,
    mongodb: dependencyStateSchema,
    actors: dependencyStateSchema,
  }),
  /** Actor processes heard in the last seconds. */
  actor_processes: z.int().nonnegative(),
  /** Roles that they run. */
  roles: z.array(z.string()),
});
export type Health = z.infer<typeof healthSchema>;
