/**
 * What an actor process can run: `parley actors <role> …`, all of them without a name. `rooms` are the folders of
 * `actors/` that a role starts; what no role names is used by others.
 */
export const roles = {
  account: { doc: "accounts, log-in, tokens, API keys", rooms: ["account"] },
  admin: { doc: "administration of models, users, sessions, clients", rooms: ["admin"] },
  session: {
    doc: "sessions and their turns, turns of /v1, models, quotas, consent, tools of MCP servers",
    rooms: ["session", "stateless", "models", "quota", "bindings", "mcp", "consent"],
  },
  search: { doc: "the index of messages", rooms: ["search"] },
  notifications: { doc: "notifications for users who are away", rooms: ["notifications"] },
  automation: { doc: "devices, rules, scenes, reminders", rooms: ["automation", "devices", "reminders"] },
  files: { doc: "uploaded files and thumbnails", rooms: ["files"] },
  images: { doc: "analysis of pictures", rooms: ["images"] },
  knowledge: { doc: "knowledge bases: ingestion and search", rooms: ["knowledge"] },
  memory: { doc: "facts about users", rooms: ["memory"] },
  voice: { doc: "speech recognition and synthesis", rooms: ["voice"] },
} as const;

/** Name of a role. */
export type Role = keyof typeof roles;

/** Names of all roles. */
export const roleNames = Object.keys(roles) as Role[];
