import type { Msg, NatsConnection } from "nats";
import type { Logger } from "../../infra/log.ts";
import { type AuthAnswer, authCheckSchema } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { authQueueGroup, subjects } from "../../schemas/messages/subjects.ts";
import { isStorageAway } from "../storage/storage-error.ts";
import type { ApiKeys } from "./api-keys.ts";

/** Answers `auth.check`: whose API key is this? */
export function serveAuthCheck(nc: NatsConnection, keys: Pick<ApiKeys, "principalOf">, log: Logger): void {
  const answer = async (msg: Msg): Promise<AuthAnswer> => {
    try {
      return { principal: await keys.principalOf(authCheckSchema.parse(msg.json()).token) };
    } catch (err) {
      if (!(err instanceof ParleyError || isStorageAway(err))) log.error({ err }, "auth.check failed");
      return { principal: null, unavailable: true };
    }
  };
  nc.subscribe(subjects.authCheck, {
    queue: authQueueGroup,
    callback: (err, msg) => {
      if (err === null) void answer(msg).then((reply) => msg.respond(JSON.stringify(reply)));
    },
  });
}
