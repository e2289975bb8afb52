import { z } from "zod";

/**
 * What an API key may be used for:
 * - `chat`: conversations on every surface, and what they use (files, knowledge, memory, models, voice, images)
 * - `device`: devices, over REST, MQTT and NATS
 * - `automation`: rules, scenes, reminders and notifications
 * - `account`: the profile, API keys and bound accounts
 * - `admin`: the administrator's routes, and rights over others in everyone's routes
 */
export const scopeSchema = z.enum(["chat", "device", "automation", "account", "admin"]);
export type Scope = z.infer<typeof scopeSchema>;

/** Every scope: what a log-in may do, and a key that was made without a list. */
export const allScopes: readonly Scope[] = scopeSchema.options;

/** Areas of the route table that do not need `chat`. */
const areas: Record<string, Scope> = {
  devices: "device",
  automation: "automation",
  reminders: "automation",
  notifications: "automation",
  auth: "account",
  keys: "account",
  bindings: "account",
};

/** The scope that a route needs. */
export function scopeOfRoute({ area, access }: { area: string; access: string }): Scope {
  if (access === "admin") return "admin";
  return areas[area] ?? "chat";
}
