import type { z } from "zod";
import type * as admin from "../../schemas/routes/admin.ts";
import type * as adminMcp from "../../schemas/routes/admin-mcp.ts";
import type * as adminModels from "../../schemas/routes/admin-models.ts";
import type * as adminUsers from "../../schemas/routes/admin-users.ts";
import type * as approvals from "../../schemas/routes/approvals.ts";
import type * as auth from "../../schemas/routes/auth.ts";
import type * as automation from "../../schemas/routes/automation.ts";
import type * as bindings from "../../schemas/routes/bindings.ts";
import type * as devices from "../../schemas/routes/devices.ts";
import type * as embeddings from "../../schemas/routes/embeddings.ts";
import type * as files from "../../schemas/routes/files.ts";
import type * as images from "../../schemas/routes/images.ts";
import type * as keys from "../../schemas/routes/keys.ts";
import type * as knowledge from "../../schemas/routes/knowledge.ts";
import type * as memory from "../../schemas/routes/memory.ts";
import type * as models from "../../schemas/routes/models.ts";
import type * as neo from "../../schemas/routes/neo.ts";
import type * as notifications from "../../schemas/routes/notifications.ts";
import type * as quota from "../../schemas/routes/quota.ts";
import type * as reminders from "../../schemas/routes/reminders.ts";
import type { Route } from "../../schemas/routes/route.ts";
import type * as scenes from "../../schemas/routes/scenes.ts";
import type * as search from "../../schemas/routes/search.ts";
import type * as sessions from "../../schemas/routes/sessions.ts";
import type * as voice from "../../schemas/routes/voice.ts";
import type * as webhookKeys from "../../schemas/routes/webhook-keys.ts";
import { routeTable } from "./gen/tables.ts";

type Area = typeof admin &
  typeof adminMcp &
  typeof adminUsers &
  typeof adminModels &
  typeof auth &
  typeof automation &
  typeof scenes &
  typeof bindings;
type Area2 = typeof devices & typeof embeddings & typeof files & typeof images & typeof keys;
type Area3 = typeof approvals &
  typeof knowledge &
  typeof memory &
  typeof models &
  typeof neo &
  typeof notifications;
type Area4 = typeof quota &
  typeof reminders &
  typeof search &
  typeof sessions &
  typeof voice &
  typeof webhookKeys;
type Routes = Area & Area2 & Area3 & Area4;

/** Name of an endpoint. */
export type RouteName = keyof typeof routeTable & keyof Routes;

/** Parts of a request that have no required field may be left out. */
type Part<Name extends string, Schema extends z.ZodType> =
  Record<string, never> extends z.input<Schema>
    ? { [name in Name]?: z.input<Schema> }
    : { [name in Name]: z.input<Schema> };

/** What an endpoint takes: `params` of its path, `query`, `body`. */
export type Input<Name extends RouteName> =
  Routes[Name] extends Route<infer P, infer Q, infer B>
    ? Part<"params", P> & Part<"query", Q> & Part<"body", B> & { signal?: AbortSignal }
    : never;

/** What an endpoint answers: its JSON, or a `Blob` where the answer is a file. */
export type Answer<Name extends RouteName> = (typeof routeTable)[Name] extends `${string} file`
  ? Blob
  : Routes[Name] extends { answer: infer A extends z.ZodType }
    ? z.output<A>
    : never;

/** A method for each endpoint, such as `api.listSessions({ query: { limit: 20 } })`. */
export type Api = {
  readonly [Name in RouteName]: Record<string, never> extends Input<Name>
    ? (input?: Input<Name>) => Promise<Answer<Name>>
    : (input: Input<Name>) => Promise<Answer<Name>>;
};

/** A request as it goes out. `path` is relative to the server's URL. */
export interface Request {
  method: string;
  path: string;
  json?: unknown;
  body?: Blob | FormData | string | undefined;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

interface AnyInput {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  signal?: AbortSignal;
}

/** Whether the API that this client was built for has an endpoint whose path ends like this. */
export function hasEndpoint(path: string): boolean {
  return Object.values(routeTable).some((route) => route.endsWith(path));
}

/** Makes the methods; `send` does the request with the user's token. */
export function createApi(send: (request: Request) => Promise<Response>): Api {
  const call = async (name: keyof typeof routeTable, input: AnyInput = {}) => {
    const [method = "GET", template = "", file] = routeTable[name].split(" ");
    const path = pathOf(template, input.params ?? {}) + queryOf(input.query ?? {});
    const hasBody = method !== "GET" && (input.body !== undefined || method !== "DELETE");
    const response = await send({
      method,
      path,
      signal: input.signal,
      ...(hasBody && { json: input.body ?? {} }),
    });
    return file === undefined ? response.json() : response.blob();
  };
  return new Proxy({} as Api, {
    // A promise resolves with this object only if it has no `then`.
    get: (_, name: string) =>
      name in routeTable ? (input?: AnyInput) => call(name as RouteName, input) : undefined,
  });
}

function pathOf(template: string, params: Record<string, unknown>): string {
  return template.slice(1).replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])));
}

function queryOf(query: Record<string, unknown>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null) given.set(name, String(value));
  return given.size === 0 ? "" : `?${given}`;
}
