import type { NatsConnection } from "nats";
import { z } from "zod";
import { systemUser } from "../../infra/device-issuer.ts";
import { openBucket } from "../../infra/nats/buckets.ts";
import { connectNats } from "../../infra/nats/connect.ts";
import { revocationBucket, revocationMs } from "../../schemas/messages/revocation.ts";
import { natsAccount, subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";
import { isOfRevoked } from "./auth-callout.ts";

const connectMs = 3_000;
const answerMs = 500;
const pageSize = 1_024;
const retryMs = 1_000;
const againMs = 2_000;
const gatherMs = 100;

/** Response of nats-server about its connections (`Connz`). */
const connectionsSchema = z.object({
  server: z.object({ id: z.string() }),
  data: z.object({
    connections: z.array(z.object({ cid: z.int(), authorized_user: z.string().optional() })).default([]),
  }),
});

/**
 * Closes the connections of devices whose key or user was revoked; they can't log in again. If the server has
 * no Parley system user (external NATS), they stay until their login expires. Returns the connection of the
 * system user, or null without one.
 */
export async function startDeviceLogout(context: ActorContext): Promise<NatsConnection | null> {
  const { endpoints, log, lifecycle, nc, actorId } = context;
  const url = new URL(endpoints.natsUrl.split(",")[0] ?? "");
  url.username = systemUser;
  let system: NatsConnection;
  try {
    system = await connectNats({ url: url.href, name: `${actorId} system`, log, connectMs });
  } catch (err) {
    log.info({ err }, "no NATS system user, revoked devices stay connected until their login expires");
    return null;
  }
  let stopped = false;
  let stop: () => void = () => {};
  const fresh = new Set<string>();
  const sweep = (revoked: ReadonlySet<string>) => {
    close(system, revoked).catch((err: unknown) =>
      log.warn({ err, revoked: [...revoked].slice(0, 16) }, "connections of revoked devices not closed"),
    );
  };
  const take = (key: string): void => {
    fresh.add(key);
    if (fresh.size > 1) return;
    setTimeout(() => {
      const revoked = new Set(fresh);
      fresh.clear();
      sweep(revoked);
      // A key is revoked before it is deleted: a device may have logged in again in between.
      setTimeout(() => sweep(revoked), againMs).unref();
    }, gatherMs).unref();
  };
  const follow = async (): Promise<void> => {
    const bucket = await openBucket(nc, revocationBucket, { history: 1, ttl: revocationMs });
    const entries = await bucket.watch();
    stop = () => entries.stop();
    for await (const { key, operation } of entries) if (operation === "PUT") take(key);
  };
  const loop = async (): Promise<void> => {
    while (!stopped) {
      try {
        await follow();
      } catch (err) {
        log.warn({ err, bucket: revocationBucket }, "watch of revocations failed, retrying");
      }
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  };
  void loop();
  lifecycle.onStop("device logout", async () => {
    stopped = true;
    stop();
    await system.close();
  });
  return system;
}

/** Users with a connected device. */
export async function connectedUsers(system: NatsConnection): Promise<string[]> {
  const users = new Set<string>();
  await eachConnection(system, async (_server, { authorized_user: name = "" }) => {
    const [user = "", credential] = name.split("/");
    if (credential !== undefined) users.add(user);
  });
  return [...users];
}

/**
 * Sent as a request: nats-server ignores KICK without a reply subject. A closed connection is not an error.
 */
async function kick(system: NatsConnection, server: string, cid: number): Promise<void> {
  const ask = JSON.stringify({ cid });
  await system.request(subjects.serverKick(server), ask, { timeout: answerMs }).catch(() => undefined);
}

function close(system: NatsConnection, revoked: ReadonlySet<string>): Promise<void> {
  return eachConnection(system, async (server, { cid, authorized_user: name }) => {
    if (name !== undefined && isOfRevoked(name, revoked)) await kick(system, server, cid);
  });
}

type ClientConnection = z.infer<typeof connectionsSchema>["data"]["connections"][number];

/** Calls for each connection of all servers. */
async function eachConnection(
  system: NatsConnection,
  handle: (server: string, connection: ClientConnection) => Promise<void>,
): Promise<void> {
  for (let offset = 0; ; offset += pageSize) {
    const ask = JSON.stringify({ auth: true, acc: natsAccount, limit: pageSize, offset });
    let most = 0;
    for await (const message of await system.requestMany(subjects.serverConnections, ask, {
      maxWait: answerMs,
    })) {
      const answer = connectionsSchema.safeParse(message.json());
      if (!answer.success) continue;
      const { server, data } = answer.data;
      most = Math.max(most, data.connections.length);
      for (const connection of data.connections) await handle(server.id, connection);
    }
    if (most < pageSize) return;
  }
}
