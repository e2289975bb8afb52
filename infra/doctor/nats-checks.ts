import { randomUUID } from "node:crypto";
import { JetStreamApiError, type JetStreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "nats";
import { z } from "zod";
import type { Settings } from "../../schemas/config.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import { systemUser } from "../device-issuer.ts";
import type { Logger } from "../log.ts";
import { connectNats, hostsOf } from "../nats/connect.ts";
import { keptLimits } from "../nats/kept-limits.ts";
import { runsStreamConfig, sessionsStreamConfig } from "../nats/stream-configs.ts";
import { findStream } from "../nats/streams.ts";
import { Problem } from "./report.ts";

const leastVersion = [2, 14] as const;
const connectMs = 5_000;
const answerMs = 2_000;

/** The server's version is supported. */
export async function checkVersion(nc: NatsConnection): Promise<string> {
  const { version = "0.0.0", max_payload = 0 } = nc.info ?? {};
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [needMajor, needMinor] = leastVersion;
  if (major < needMajor || (major === needMajor && minor < needMinor))
    throw new Problem(
      `nats-server ${version} is too old: install ${needMajor}.${needMinor} or newer, which has schedules with time zones`,
    );
  return `nats-server ${version}, messages up to ${max_payload} bytes`;
}

/** Revoked devices can be disconnected, and acknowledged messages survive a power failure. */
export async function checkSystemUser(url: string, log: Logger): Promise<string[]> {
  const system = new URL(url.split(",")[0] ?? "");
  system.username = systemUser;
  let nc: NatsConnection;
  try {
    nc = await connectNats({ url: system.href, name: "doctor system", log, connectMs });
  } catch {
    throw new Problem(
      `no system user ${systemUser} with the password of NATS_URL: revoked devices stay connected; add what "parley nats-config" prints to every nats-server`,
    );
  }
  try {
    const found = [`system user ${systemUser}`];
    const lazy = await serversWithoutSync(nc);
    if (lazy.length > 0)
      throw new Problem(
        `nats-server ${lazy.join(", ")} acknowledges messages before they are on the disk: set "sync_interval: always" in its jetstream block`,
      );
    return found;
  } finally {
    await nc.close();
  }
}

const variablesSchema = z.object({
  server: z.object({ name: z.string() }),
  data: z.object({
    jetstream: z.object({ config: z.object({ sync_always: z.boolean().optional() }).optional() }).optional(),
  }),
});

async function serversWithoutSync(nc: NatsConnection): Promise<string[]> {
  const answers = await nc.requestMany(subjects.serverVariables, undefined, {
    strategy: "stall",
    maxWait: answerMs,
  });
  const lazy: string[] = [];
  for await (const answer of answers) {
    const parsed = variablesSchema.safeParse(answer.json());
    const config = parsed.data?.data.jetstream?.config;
    if (parsed.success && config !== undefined && config.sync_always !== true)
      lazy.push(parsed.data.server.name);
  }
  return lazy;
}

/** The server delegates unknown logins to us (auth callout). */
export async function checkCallout(nc: NatsConnection, url: string): Promise<string> {
  let isAsked = false;
  const subscription = nc.subscribe(subjects.deviceLogin, {
    callback: () => {
      isAsked = true;
    },
  });
  await nc.flush();
  const stranger = { servers: hostsOf(url), user: "parley_doctor", pass: randomUUID() };
  await connect({ ...stranger, reconnect: false, timeout: connectMs, name: "doctor" })
    .then((connection) => connection.close())
    .catch(() => undefined);
  subscription.unsubscribe();
  if (!isAsked)
    throw new Problem(
      'no auth callout: devices can\'t log in; add the "authorization" block that "parley nats-config" prints to every nats-server',
    );
  return "auth callout for devices";
}

/** The cluster can hold the configured replicas, and does. */
export async function checkReplicas(jsm: JetStreamManager, replicas: number): Promise<string> {
  const name = `DOCTOR_${randomUUID().slice(0, 8)}`;
  try {
    await jsm.streams.add({ name, subjects: [`doctor.${name}`], num_replicas: replicas });
    await jsm.streams.delete(name);
  } catch (err) {
    if (!(err instanceof JetStreamApiError)) throw err;
    throw new Problem(
      `NATS_REPLICAS=${replicas} can't be had (${err.message}): run as many nats-servers in one cluster, or lower it`,
    );
  }
  const fewer: string[] = [];
  for await (const { config } of jsm.streams.list())
    if (config.num_replicas < replicas) fewer.push(config.name);
  if (fewer.length > 0)
    throw new Problem(
      `streams with fewer than ${replicas} replicas: ${fewer.join(", ")}; restart the actors, which add them`,
    );
  return `${replicas} ${replicas === 1 ? "replica" : "replicas"} of every stream`;
}

/** No configured limit is below what is stored. */
export async function checkLimits(jsm: JetStreamManager, { limits }: Settings): Promise<string> {
  const problems: string[] = [];
  for (const wanted of [sessionsStreamConfig(limits), runsStreamConfig(limits)]) {
    const found = await findStream(jsm, wanted.name);
    if (found === undefined) continue;
    for (const { limit, wanted: value, stored, current } of await keptLimits(jsm, found, wanted))
      problems.push(
        `stream ${wanted.name} holds ${stored}, and the settings want ${limit} ${value}: it stays at ${current} until it fits; raise the limit, or wait`,
      );
  }
  if (problems.length > 0) throw new Problem(problems.join("\n"));
  return "limits fit what is stored";
}
