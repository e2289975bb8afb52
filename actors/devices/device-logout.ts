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

/** Answer of a server about its connections (nats-server, `Connz`). */
const connectionsSchema = z.object({
  server: z.object({ id: z.string() }),
  data: z.object({
    connections: z.array(z.object({ cid: z.int(), authorized_user: z.string().optional() })).default([]),
  }),
});

/**
 * Closes the connections of devices whose key or user was revoked; they can't log in again. Where the server has no
 * system user of ours (an external one), they go when their log-in ends: the answer is null then, else the connection
 * of the system user.
 */
export async function startDeviceLogout(context: ActorContext): Promise<NatsConnection | null> {
  const { endpoints, log, lifecycle, nc, actorId } = context;
  const url = new URL(endpoints.natsUrl.split(",")[0] ?? "");
  url.username = systemUser;
  let system: NatsConnection;
  try {
    system = await connectNats({ url: url.href, name: `${actorId} system`, log, connectMs });
  } catch (err) {
    log.info({ err }, "no system user: revoked devices stay until their log-in ends");
    return null;
  }
  let stopped = false;
  let stop: () => void = () => {};
  const fresh = new Set<string>();
  const sweep = (revoked: ReadonlySet<string>) => {
    close(system, revoked).catch((err: unknown) => log.warn({ err }, "devices not logged out"));
  };
  const take = (key: string): void => {
    fresh.add(key);
    if (fresh.size > 1) return;
    setTimeout(() => {
      const revoked = new Set(fresh);
      fresh.clear();
      sweep(revoked);
      // A key is revoked before it is deleted: a device that was quicker has logged in again.
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
        log.warn({ err }, "revocations not read yet");
      }
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  };
  void loop();
  lifecycle.onStop("device log-out", async () => {
    stopped = true;
    stop();
    await system.close();
  });
  return system;
}

/** Users who have a device connected at the moment. */
export async function connectedUsers(system: NatsConnection): Promise<string[]> {
  const users = new Set<string>();
  await eachConnection(system, async (_server, { authorized_user: name = "" }) => {
    const [user = "", credential] = name.split("/");
    if (credential !== undefined) users.add(user);
  });
  return [...users];
}

/** The server does nothing where it can't answer, so this is a request. A connection that has gone is well. */
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
