import { jetstreamManager } from "@nats-io/jetstream";
import type { Db } from "mongodb";
import type { Bus } from "../../infra/bus/bus.ts";
import { eventsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import type { ApiKeyDocument, WebhookKeyDocument } from "../../schemas/documents/account.ts";
import { zoneChanged } from "../../schemas/messages/events.ts";
import { createUsers } from "../../schemas/routes/admin-users.ts";
import {
  deleteUser,
  getProfile,
  login,
  logout,
  putProfile,
  refresh,
  register,
} from "../../schemas/routes/auth.ts";
import { createKey, deleteKey, listKeys } from "../../schemas/routes/keys.ts";
import { createWebhookKey, deleteWebhookKey, listWebhookKeys } from "../../schemas/routes/webhook-keys.ts";
import { allScopes } from "../../schemas/scopes.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../requests/rest.ts";
import { AccountDatabase } from "./account-database.ts";
import { ApiKeys } from "./api-keys.ts";
import { AttemptLimit } from "./attempt-limit.ts";
import { serveAuthCheck } from "./auth-check.ts";
import { adminAuthenticator, userAuthenticator } from "./credentials.ts";
import { createLoadUsers } from "./load-users.ts";
import { logIn } from "./login.ts";
import { Profiles } from "./profile.ts";
import { logOut, refreshTokens } from "./refreshing.ts";
import { registerUser } from "./registration.ts";
import { Revoker } from "./revoker.ts";
import { TokenFamilies } from "./token-families.ts";
import { issueTokens } from "./tokens.ts";
import { deleteUserAccount } from "./user-deletion.ts";
import { Users } from "./users.ts";
import { WebhookKeys } from "./webhook-keys.ts";

/** Dependencies of the account routes; MongoDB may connect later. */
export type AccountContext = Pick<ActorContext, "nc" | "bus" | "log" | "settings" | "secrets"> & {
  db: Db | Promise<Db>;
};

/** Serves the account routes and `auth.check`. The administrator's log-in requires only NATS. */
export async function startAccount(ctx: AccountContext): Promise<void> {
  const { nc, log, settings, secrets } = ctx;
  const { limits } = settings;
  const [attempts, revoker] = await Promise.all([
    AttemptLimit.open(nc, settings.authRateLimit),
    Revoker.open(nc),
    ensureStream(await jetstreamManager(nc), eventsStreamConfig()),
  ]);
  const database = new AccountDatabase(ctx.db, log, limits.mongoConnectMs);
  const users = new Users(database);
  const keys = new ApiKeys(database, revoker, limits.userKeys);
  const families = new TokenFamilies(database, revoker);
  const deps = { jwtSecret: secrets.jwtSecret, families, users, revoker, attempts };
  serveLogIn(ctx, deps);
  serveTokens(ctx, deps);
  serveProfile(ctx, users);
  const webhookKeys = new WebhookKeys(database, limits.userKeys);
  serveKeys(ctx, keys);
  serveWebhookKeys(ctx, webhookKeys);
  serveAuthCheck(ctx.bus, { keys, webhookKeys }, log);
  serveRoute(ctx, createUsers, ({ body }) => createLoadUsers(users, secrets.jwtSecret, body));
  serveRoute(ctx, deleteUser, async ({ params }) => {
    await deleteUserAccount({ users, revoker, bus: ctx.bus }, params.id);
    return { status: "deleted" as const };
  });
}

interface Deps {
  jwtSecret: string;
  families: TokenFamilies;
  users: Users;
  attempts: AttemptLimit;
}

function serveLogIn(ctx: AccountContext, { attempts, users, jwtSecret }: Deps): void {
  const { settings, secrets } = ctx;
  const loginDeps = {
    attempts,
    authenticate: adminAuthenticator(settings.adminUsername, secrets.adminPassword, userAuthenticator(users)),
    adminUsername: settings.adminUsername,
  };
  serveRoute(ctx, register, async ({ ip, body }) => {
    const user = await registerUser({ attempts, users, settings }, ip, body);
    const who = { user_id: user._id, nickname: user.nickname ?? "" };
    return { ...who, ...issueTokens(jwtSecret, who) };
  });
  serveRoute(ctx, login, async ({ ip, body }) => {
    const { user_id, nickname } = await logIn(loginDeps, { ip, ...body });
    return { user_id, nickname, ...issueTokens(jwtSecret, { user_id, nickname }) };
  });
}

function serveTokens(ctx: AccountContext, deps: Deps): void {
  serveRoute(ctx, refresh, ({ token, body }) =>
    refreshTokens(deps, { bearer: token, refreshToken: body.refresh_token }),
  );
  serveRoute(ctx, logout, async ({ token, body }) => {
    await logOut(deps, { bearer: token, refreshToken: body.refresh_token });
    return { status: "ok" as const };
  });
}

function serveProfile(ctx: AccountContext, users: Users): void {
  const profiles = new Profiles(users, ctx.settings);
  serveRoute(ctx, getProfile, ({ principal }) => profiles.show(principal));
  serveRoute(ctx, putProfile, async ({ principal, body }) => {
    const profile = await profiles.change(principal, body);
    if (body.time_zone !== undefined || body.place !== undefined)
      await tellZone(ctx.bus, principal.user_id, profile.time_zone);
    return profile;
  });
}

async function tellZone(bus: Pick<Bus, "append">, user: string, time_zone: string): Promise<void> {
  await bus.append(zoneChanged, { user, time_zone, at: Date.now() });
}

function serveKeys(ctx: AccountContext, keys: ApiKeys): void {
  serveRoute(ctx, createKey, async ({ principal, body }) => {
    const { document, key } = await keys.create(principal, body);
    return { ...toKeyView(document), key };
  });
  serveRoute(ctx, listKeys, async ({ principal }) => ({
    keys: (await keys.list(principal.user_id)).map(toKeyView),
  }));
  serveRoute(ctx, deleteKey, async ({ principal, params }) => {
    await keys.delete(principal.user_id, params.id);
    return { status: "deleted" as const };
  });
}

function toKeyView({ _id, name, scopes, created_at }: ApiKeyDocument) {
  return { id: _id, name, scopes: [...(scopes ?? allScopes)], created_at: created_at.getTime() };
}

function serveWebhookKeys(ctx: AccountContext, keys: WebhookKeys): void {
  const toView = ({ _id, name, created_at }: WebhookKeyDocument) => ({
    id: _id,
    name,
    created_at: created_at.getTime(),
  });
  serveRoute(ctx, createWebhookKey, async ({ body }) => {
    const { document, key } = await keys.create(body.name);
    return { ...toView(document), key };
  });
  serveRoute(ctx, listWebhookKeys, async () => ({ keys: (await keys.list()).map(toView) }));
  serveRoute(ctx, deleteWebhookKey, async ({ params }) => {
    await keys.delete(params.id);
    return { status: "deleted" as const };
  });
}
