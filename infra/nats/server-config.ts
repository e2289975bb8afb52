import { natsAccount } from "../../schemas/messages/subjects.ts";
import { deviceIssuer, systemUser } from "../device-issuer.ts";

/** The user of Parley's own processes if NATS_URL names no other. */
export const defaultUser = "parley";

/**
 * The part of nats-server's configuration that Parley needs, the same on every server of a cluster: its
 * account with JetStream, the system user that closes connections of revoked devices, and device logins (auth
 * callout).
 */
export function natsConfig(password: string, user = defaultUser): string {
  const quoted = JSON.stringify(password);
  const issuer = deviceIssuer(password).getPublicKey();
  return `accounts {
  ${natsAccount} {
    jetstream: enabled
    users: [ { user: ${JSON.stringify(user)}, password: ${quoted} } ]
  }
  SYS { users: [ { user: ${systemUser}, password: ${quoted} } ] }
}
system_account: SYS
authorization {
  timeout: 6
  auth_callout { issuer: ${issuer}, account: ${natsAccount}, auth_users: [ ${JSON.stringify(user)}, ${systemUser} ] }
}
`;
}
