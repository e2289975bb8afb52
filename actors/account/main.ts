import { jetstreamManager } from "@nats-io/jetstream";
import type { Db } from "mongodb";
import type { Bus } from "../../infra/bus/bus.ts";
import { eventsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
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

/** What accounts need of a process; MongoDB may come later. */
export type AccountContext = Pick<ActorContext, "nc" | "bus" | "log" | "settings" | "secrets"> & {
  db: Db | Promise<Db>;
};

/** Serves the account routes and `auth.check`. The administrator's log-in needs NATS alone. */
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
  const rules = { jwtSecret: secrets.jwtSecret, families, users, revoker, attempts };
  serveLogIn(ctx, rules);
  serveTokens(ctx, rules);
  serveProfile(ctx, users);
  serveKeys(ctx, keys);
  serveAuthCheck(nc, keys, log);
  serveRoute(ctx, createUsers, ({ body }) => createLoadUsers(users, secrets.jwtSecret, body));
  serveRoute(ctx, deleteUser, async ({ params }) => {
    await deleteUserAccount({ users, revoker, bus: ctx.bus }, params.id);
    return { status: "deleted" as const };
  });
}

interface Rules {
  jwtSecret: string;
  families: TokenFamilies;
  users: Users;
  attempts: AttemptLimit;
}

function serveLogIn(ctx: AccountContext, { attempts, users, jwtSecret }: Rules): void {
  const { settings, secrets } = ctx;
  const loginRules = {
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
    const { user_id, nickname } = await logIn(loginRules, { ip, ...body });
    return { user_id, nickname, ...issueTokens(jwtSecret, { user_id, nickname }) };
  });
}

function serveTokens(ctx: AccountContext, rules: Rules): void {
  serveRoute(ctx, refresh, ({ token, body }) =>
    refreshTokens(rules, { bearer: token, refreshToken: body.refresh_token }),
  );
  serveRoute(ctx, logout, async ({ token, body }) => {
    await logOut(rules, { bearer: token, refreshToken: body.refresh_token });
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
    const { document, key } = await keys.create(principal.user_id, body.name);
    return { id: document._id, name: document.name, key, created_at: document.created_at.getTime() };
  });
  serveRoute(ctx, listKeys, async ({ principal }) => ({
    keys: (await keys.list(principal.user_id)).map(({ _id, name, created_at }) => ({
      id: _id,
      name,
      created_at: created_at.getTime(),
    })),
  }));
  serveRoute(ctx, deleteKey, async ({ principal, params }) => {
    await keys.delete(principal.user_id, params.id);
    return { status: "deleted" as const };
  });
}
