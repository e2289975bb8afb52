import { z } from "zod";
import { parsePayload } from "../../../infra/bus/payload.ts";
import { bridgeAddressSchema } from "../../../schemas/documents/bridge.ts";
import { idSchema } from "../../../schemas/ids.ts";
import { originSchema } from "../../../schemas/messages/out-item.ts";
import { newSessionInput } from "../../../schemas/messages/session-input.ts";
import { streams } from "../../../schemas/messages/subjects.ts";
import { modeSchema } from "../../../schemas/wire/client-frame.ts";
import type { LogEntry } from "../../runtime/keyed-actor.ts";
import { persist } from "../../storage/persist.ts";
import type { ActorDeps } from "./actor-deps.ts";

/** Fields common to session messages of all versions: enough to answer the sender. */
const envelopeSchema = z.object({
  client_msg_id: idSchema,
  message_id: idSchema,
  reply_id: idSchema,
  mode: modeSchema.catch("text"),
  origin: originSchema.optional().catch(undefined),
  bridge: bridgeAddressSchema.optional().catch(undefined),
  at: z.int().optional().catch(undefined),
});

type Deps = Pick<ActorDeps, "reject" | "effects" | "trimmer" | "log">;

/**
 * Stores a log entry that does not match this version's schema in REJECTED, sends the error to its sender,
 * and removes it from the log, in this order. An accepted message must not disappear without an answer.
 */
export async function setAside(
  deps: Deps,
  { user, session }: { user: string; session: string },
  { seq, subject, data }: Pick<LogEntry, "seq" | "subject" | "data">,
  reason: Error,
): Promise<void> {
  const { log, effects, trimmer } = deps;
  const envelope = parsePayload(envelopeSchema, data);
  const at = envelope.ok ? envelope.message.at : undefined;
  const origin = { subject, data, seq, stream: streams.sessions, at: at ?? Date.now() };
  try {
    await persist(log, "rejected message", () => deps.reject(origin, reason));
    if (envelope.ok) {
      const { origin: socket, bridge, ...ids } = envelope.message;
      const input = newSessionInput({
        ...ids,
        at: origin.at,
        user,
        session,
        surface: "chat",
        content: "",
        ...(socket !== undefined && { origin: socket }),
        ...(bridge !== undefined && { bridge }),
      });
      await effects.ofFailed(input, seq);
    }
    await trimmer.remove(seq);
  } catch (err) {
    // The entry stays in the log; the next owner retries it.
    log.error({ err, user, session, seq }, "message of unknown form not set aside");
  }
}
