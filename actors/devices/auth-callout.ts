import {
  type AuthorizationRequest,
  decode,
  encodeAuthorizationResponse,
  encodeUser,
  fromPublic,
} from "@nats-io/jwt";
import type { Msg } from "nats";
import { deviceIssuer } from "../../infra/device-issuer.ts";
import { keyCheck } from "../../schemas/messages/account.ts";
import { revocations } from "../../schemas/messages/revocation.ts";
import { natsAccount, subjects } from "../../schemas/messages/subjects.ts";
import { hasScope } from "../../schemas/principal.ts";
import type { ActorContext } from "../actor-context.ts";

/**
 * Expiry of a login where connections of a revoked key can't be closed, s. Expiry publishes the last will
 * of a healthy device, so logins don't expire elsewhere.
 */
const loginSeconds = 3600;
/** nats-server waits 6 s for the response (`authorization.timeout`). */
const checkMs = 2_500;
const checkAttempts = 2;
const retryMs = 500;

type Means = Pick<ActorContext, "nc" | "bus" | "log" | "endpoints">;

/**
 * NATS auth callout for NATS and MQTT clients other than our own processes: user name = a user's id,
 * password = an API key of that user. The server enforces the permissions of each device.
 * `canClose`: connections of a revoked key are closed, so logins don't expire.
 */
export function serveDeviceLogin(means: Means, canClose: boolean): void {
  const { nc, log, endpoints } = means;
  const password = decodeURIComponent(new URL(endpoints.natsUrl.split(",")[0] ?? "").password);
  const issuer = deviceIssuer(password);
  const answer = async (msg: Msg): Promise<string | null> => {
    const { user_nkey, server_id, connect_opts, client_info } = decode<AuthorizationRequest>(
      msg.string(),
    ).nats;
    if (user_nkey === undefined || server_id === undefined) return null;
    const user = connect_opts?.user ?? "";
    const name = await loginOf(means, user, connect_opts?.pass ?? "");
    // Firmware treats a refusal as a wrong password; without a response the server closes the connection on
    // timeout.
    if (name === undefined) return null;
    const device = fromPublic(user_nkey);
    const isMqtt = client_info?.type === "mqtt";
    const decision =
      name === null
        ? { error: "wrong user id or API key" }
        : {
            jwt: await encodeUser(name, device, issuer, permissionsOf(user, isMqtt), {
              aud: natsAccount,
              ...(!canClose && { exp: inSeconds(loginSeconds) }),
            }),
          };
    return encodeAuthorizationResponse(device, fromPublic(server_id.id), issuer, decision, {});
  };
  nc.subscribe(subjects.deviceLogin, {
    queue: "device-login",
    callback: (err, msg) => {
      if (err !== null) return;
      answer(msg).then(
        (response) => void (response !== null && msg.respond(response)),
        (cause: unknown) => log.warn({ err: cause }, "device login not answered"),
      );
    },
  });
}

/**
 * Connection name for a valid key of the user, in the format of {@link isOfRevoked}; null if invalid,
 * undefined if the key could not be checked.
 */
async function loginOf({ bus, log }: Means, user: string, token: string): Promise<string | null | undefined> {
  if (user === "" || token === "") return null;
  for (let attempt = 1; attempt <= checkAttempts; attempt++) {
    try {
      const answer = await bus.ask(keyCheck, { token }, { timeoutMs: checkMs });
      const { principal } = answer;
      if (answer.unavailable !== true)
        return principal?.user_id === user && hasScope(principal, "device")
          ? `${user}/${principal.credential ?? ""}`
          : null;
    } catch (err) {
      log.warn({ err, user, attempt }, "device API key check failed, retrying");
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
  return undefined;
}

/** Whether the key or user of a connection was revoked. */
export function isOfRevoked(name: string, revoked: ReadonlySet<string>): boolean {
  const [user = "", credential] = name.split("/");
  return credential !== undefined && (revoked.has(credential) || revoked.has(revocations.user(user)));
}

/**
 * An MQTT subscription with QoS 1 uses an internal subject of the server, which no other client needs.
 * Publishing under `$MQTT` is denied: it would impersonate the server.
 */
function permissionsOf(user: string, isMqtt: boolean) {
  return {
    pub: { allow: subjects.devicePublishes(user) },
    sub: { allow: [...subjects.deviceSubscribes(user), ...(isMqtt ? [subjects.mqttDeliveries] : [])] },
  };
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}
