import { z } from "zod";
import { storedMessage } from "../../infra/nats/stored-message.ts";
import { mqttStreams, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";

/** A stored MQTT session of nats-server; `cons`: consumers by filter. */
const sessionSchema = z.object({
  id: z.string(),
  cons: z.record(z.string(), z.looseObject({ durable_name: z.string().optional() })).nullish(),
});

/** Erases a user's MQTT data in nats-server: retained messages, messages in flight, and sessions. */
export async function eraseMqtt(
  { jsm, log }: Pick<ActorContext, "jsm" | "log">,
  user: string,
): Promise<void> {
  const streams: string[] = [];
  for await (const name of jsm.streams.names()) streams.push(name);
  const purge = async (stream: string, filter: string) => {
    if (streams.includes(stream)) await jsm.streams.purge(stream, { filter });
  };
  for (const filter of subjects.mqttRetained(user)) await purge(mqttStreams.retained, filter);
  await purge(mqttStreams.messages, subjects.mqttMessages(user));
  if (streams.includes(mqttStreams.sessions)) await eraseSessions({ jsm, log }, user);
}

async function eraseSessions({ jsm, log }: Pick<ActorContext, "jsm" | "log">, user: string): Promise<void> {
  for (let seq = 1; ; ) {
    const stored = await storedMessage(jsm, mqttStreams.sessions, {
      next_by_subj: subjects.mqttSessions,
      seq,
    });
    if (stored === null) return;
    seq = stored.seq + 1;
    const session = sessionSchema.safeParse(stored.json());
    // The MQTT front prefixes client ids with the user.
    if (session.data?.id.startsWith(`${user}/`) !== true) continue;
    await jsm.streams.deleteMessage(mqttStreams.sessions, stored.seq, false);
    for (const { durable_name: name } of Object.values(session.data.cons ?? {}))
      if (name !== undefined)
        await jsm.consumers.delete(mqttStreams.messages, name).catch((err: unknown) => {
          log.debug({ err, user, consumer: name }, "MQTT session consumer not deleted");
        });
  }
}
