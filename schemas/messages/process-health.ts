import { z } from "zod";

/** `health.actors.<id>`: heartbeat of every actor process each second, with the state of its dependencies. */
export const processHealthSchema = z.object({
  id: z.string().describe("Id of the entry."),
  roles: z.array(z.string()).describe("Roles that the process runs."),
  mongodb: z.enum(["up", "down"]).describe("State of MongoDB."),
  started: z.boolean().default(true).describe("Whether its start is complete."),
  problem: z.string().optional().describe("Why messages that are this process's can't be answered now."),
});
export type ProcessHealth = z.output<typeof processHealthSchema>;

/** State of one dependency, as last known. */
export const dependencyStateSchema = z.enum(["up", "down", "unknown"]);
export type DependencyState = z.infer<typeof dependencyStateSchema>;

/** Body of `/health`. */
export const healthSchema = z.object({
  status: z.enum(["ok", "degraded"]).describe("Whether a turn runs, or whether everything needed is up."),
  service: z.literal("cyrene-gateway").describe("Name of the service."),
  ws_connections: z.int().nonnegative().describe("WebSockets of this edge."),
  dependencies: z
    .object({
      nats: dependencyStateSchema.describe("State of NATS."),
      mongodb: dependencyStateSchema.describe("State of MongoDB."),
      actors: dependencyStateSchema.describe("Actor processes: up when at least one was heard lately."),
    })
    .describe("State of what the edge needs."),
  actor_processes: z.int().nonnegative().describe("Actor processes heard in the last seconds."),
  roles: z.array(z.string()).describe("Roles that they run."),
});
export type Health = z.infer<typeof healthSchema>;
