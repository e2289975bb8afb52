import {
  type AuthorizationRequest,
  decode,
  encodeAuthorizationResponse,
  encodeUser,
  fromPublic,
} from "@nats-io/jwt";
import type { Msg } from "nats";
import { deviceIssuer } from "../../infra/device-issuer.ts";
import { authAnswerSchema } from "../../schemas/documents/account.ts";
import { revocations } from "../../schemas/messages/revocation.ts";
import { natsAccount, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";

/** A device logs in anew after this long: its key may have been deleted meanwhile, s. */
const loginSeconds = 3600;
const checkMs = 1_500;

type Means = Pick<ActorContext, "nc" | "bus" | "log" | "endpoints">;

/**
 * Decides who may connect to NATS and MQTT besides our own processes (NATS auth callout): user name = a user's id,
 * password = an API key of that user. What a device may say and hear is in the permissions that the server enforces.
 */
export function serveDeviceLogin(means: Means): void {
  const { nc, log, endpoints } = means;
  const password = decodeURIComponent(new URL(endpoints.natsUrl.split(",")[0] ?? "").password);
  const issuer = deviceIssuer(password);
  const answer = async (msg: Msg): Promise<string | null> => {
    const { user_nkey, server_id, connect_opts } = decode<AuthorizationRequest>(msg.string()).nats;
    if (user_nkey === undefined || server_id === undefined) return null;
    const user = connect_opts?.user ?? "";
    const name = await loginOf(means, user, connect_opts?.pass ?? "");
    const device = fromPublic(user_nkey);
    const decision =
      name !== null
        ? {
            jwt: await encodeUser(name, device, issuer, permissionsOf(user), {
              aud: natsAccount,
              exp: inSeconds(loginSeconds),
            }),
          }
        : { error: "wrong user id or API key" };
    return encodeAuthorizationResponse(device, fromPublic(server_id.id), issuer, decision, {});
  };
  nc.subscribe(subjects.deviceLogin, {
    queue: "device-login",
    callback: (err, msg) => {
      if (err !== null) return;
      answer(msg).then(
        (response) => void (response !== null && msg.respond(response)),
        (cause: unknown) => log.warn({ err: cause }, "log-in of a device not answered"),
      );
    },
  });
}

/** Name of a connection whose key is its user's, as {@link isOfRevoked} reads it; null for any other. */
async function loginOf({ nc, log }: Means, user: string, token: string): Promise<string | null> {
  if (user === "" || token === "") return null;
  try {
    const reply = await nc.request(subjects.authCheck, JSON.stringify({ token }), { timeout: checkMs });
    const { principal } = authAnswerSchema.parse(reply.json());
    return principal?.user_id === user ? `${user}/${principal.credential ?? ""}` : null;
  } catch (err) {
    log.warn({ err }, "API key of a device can't be checked");
    return null;
  }
}

/** Whether a connection's log-in rests on what was revoked. */
export function isOfRevoked(name: string, revoked: ReadonlySet<string>): boolean {
  const [user = "", credential] = name.split("/");
  return credential !== undefined && (revoked.has(credential) || revoked.has(revocations.user(user)));
}

/** An MQTT subscription with QoS 1 hears on a subject of the server's own. Nothing under `$MQTT` may be published: it would pass for the server. */
function permissionsOf(user: string) {
  return {
    pub: { allow: subjects.devicePublishes(user) },
    sub: { allow: [...subjects.deviceSubscribes(user), "$MQTT.sub.>"] },
  };
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}
