import { login } from "../../schemas/routes/auth.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../rest.ts";
import { AttemptLimit } from "./attempt-limit.ts";
import { adminAuthenticator } from "./credentials.ts";
import { logIn } from "./login.ts";
import { issueTokens } from "./tokens.ts";

/** Serves the account routes. The administrator's log-in needs NATS alone. */
export async function startAccount(
  ctx: Pick<ActorContext, "nc" | "log" | "settings" | "secrets">,
): Promise<void> {
  const { nc, settings, secrets } = ctx;
  const rules = {
    attempts: await AttemptLimit.open(nc, settings.authRateLimit),
    authenticate: adminAuthenticator(settings.adminUsername, secrets.adminPassword),
    adminUsername: settings.adminUsername,
  };
  serveRoute(ctx, login, async ({ ip, body }) => {
    const principal = await logIn(rules, { ip, ...body });
    const { user_id, nickname } = principal;
    return { user_id, nickname, ...issueTokens(secrets.jwtSecret, principal) };
  });
}
