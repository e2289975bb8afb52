import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Settings } from "../../schemas/config.ts";
import type { Endpoints } from "../endpoints.ts";
import { keepInFile } from "../installation/secret-file.ts";
import type { Logger } from "../log.ts";
import { MqttFront } from "../mqtt/front.ts";
import { RefusalReport } from "../mqtt/refusal-report.ts";
import { SettingsError } from "../settings-error.ts";
import { Engine, type EngineDefinition } from "./engine.ts";
import { freePort } from "./free-port.ts";
import { mongod, mongodUri } from "./mongod.ts";
import { natsServer, natsServerUrl } from "./nats-server.ts";
import type { Progress } from "./pip-install.ts";
import { commandLine, endProcess, isRunning } from "./process.ts";
import { findMongod, findNatsServer } from "./program.ts";
import { type EnginesRecord, readRecord, updateRecord } from "./record.ts";

const leftBehindMs = 1_000;

/** Settings of the engines. */
export type EngineSettings = Pick<
  Settings,
  "dataDir" | "natsUrl" | "mongodbUri" | "natsPort" | "mqttPort" | "mongodbPort"
>;

/** The engines of one `DATA_DIR`, or those of the configured URLs. */
export interface Engines extends Endpoints {
  /** Ports of the embedded engines; undefined for external ones. */
  ports: { nats?: number | undefined; mqtt?: number | undefined; mongodb?: number | undefined };
  /** False when another process supervises the engines of this `DATA_DIR`. */
  owned: boolean;
  nats?: Engine | undefined;
  mongod?: Engine | undefined;
  /** Restarts engines that die, from now on. */
  watch(): void;
  /** Stops the engines that this process started or adopted. */
  stop(): Promise<void>;
}

/** Creates a definition for given ports; and the preferred ports. */
interface Wish {
  name: string;
  wanted: Record<string, number>;
  define: (ports: Record<string, number>) => EngineDefinition;
}

/**
 * Starts nats-server and mongod if the settings have no URL for them, or adopts those left by an earlier
 * process. Engines supervised by another running parley are used, and not stopped by `stop`.
 * @throws SettingsError when a program is unavailable; Error with the end of the log when an engine fails to
 * start
 */
export async function startEngines(
  settings: EngineSettings,
  log: Logger,
  progress: Progress,
): Promise<Engines> {
  const { dataDir, natsUrl, mongodbUri } = settings;
  const record = readRecord(settings);
  if (await hasLivingOwner(record)) return ofAnotherProcess(settings, record, log);
  updateRecord(settings, (now) => {
    now.owner = process.pid;
    now.natsUrl = now.mongodbUri = now.embeddingsUrl = now.sttUrl = undefined;
  });
  const { values } = keepInFile(join(dataDir, "engine-credentials.json"), {
    natsPassword: () => randomBytes(24).toString("base64url"),
    mongodbPassword: () => randomBytes(24).toString("base64url"),
    mongodbKey: () => randomBytes(48).toString("base64"),
  });

  // Installed sequentially for readable progress, started concurrently.
  const natsProgram = natsUrl === undefined ? await findNatsServer(progress) : undefined;
  const mongodProgram = mongodbUri === undefined ? await findMongod(progress) : undefined;
  const natsWish = natsProgram && {
    name: "nats-server",
    wanted: { nats: settings.natsPort, mqtt: settings.mqttPort, mqttBehind: 0 },
    // When adopted from a version without the front, the listener keeps the devices' port.
    define: ({ nats = 0, mqtt = 0, mqttBehind = mqtt }: Record<string, number>) =>
      natsServer({
        program: natsProgram,
        dataDir,
        natsPort: nats,
        mqttPort: mqtt,
        mqttBehind,
        password: values.natsPassword,
      }),
  };
  const mongodWish = mongodProgram && {
    name: "mongod",
    wanted: { mongodb: settings.mongodbPort },
    define: ({ mongodb = 0 }: Record<string, number>) =>
      mongod({
        program: mongodProgram,
        dataDir,
        port: mongodb,
        password: values.mongodbPassword,
        key: values.mongodbKey,
      }),
  };
  const started = await Promise.allSettled([
    natsWish ? adoptOrStart(natsWish, settings, log) : undefined,
    mongodWish ? adoptOrStart(mongodWish, settings, log) : undefined,
  ]);
  const [nats, mongo] = started.map((one) => (one.status === "fulfilled" ? one.value : undefined));
  const failure = started.find((one) => one.status === "rejected");
  if (failure) {
    await Promise.all([nats?.stop(), mongo?.stop()]);
    throw failure.reason;
  }
  const front = nats && (await startFront(nats, values.natsPassword, log));
  return owned(settings, { nats, mongo, front }, values);
}

/** Devices connect through a front that scopes client ids to their user. */
async function startFront(nats: Engine, password: string, log: Logger): Promise<Front | undefined> {
  const { nats: natsPort = 0, mqtt: port = 0, mqttBehind: behind = port } = nats.definition.ports;
  if (port === behind) return undefined;
  const report = new RefusalReport(natsServerUrl({ natsPort, password }), log);
  const front = await MqttFront.start({ port, behind }, log, (user, published) =>
    report.look(user, published),
  );
  return {
    stop: async () => {
      await Promise.all([front.stop(), report.stop()]);
    },
  };
}

interface Front {
  stop(): Promise<void>;
}

function owned(
  settings: EngineSettings,
  { nats, mongo, front }: { nats: Engine | undefined; mongo: Engine | undefined; front: Front | undefined },
  passwords: { natsPassword: string; mongodbPassword: string },
): Engines {
  const { mqttBehind: _, ...natsPorts } = nats?.definition.ports ?? {};
  const ports = { ...natsPorts, ...mongo?.definition.ports } as Engines["ports"];
  const natsUrl =
    settings.natsUrl ?? natsServerUrl({ natsPort: ports.nats ?? 0, password: passwords.natsPassword });
  const mongodbUri =
    settings.mongodbUri ?? mongodUri({ port: ports.mongodb ?? 0, password: passwords.mongodbPassword });
  updateRecord(settings, (record) => {
    record.natsUrl = nats && natsUrl;
    record.mongodbUri = mongo && mongodbUri;
  });
  return {
    ...{ natsUrl, mongodbUri, ports, nats, mongod: mongo, owned: true },
    watch: () => {
      for (const engine of [nats, mongo])
        engine?.watch((pid) => noteEngine(settings, engine.definition, pid));
    },
    stop: async () => {
      // nats-server first: it must detect the closed connections, to publish the last wills.
      await Promise.all([nats?.stop(), mongo?.stop(), endLeftBehind(settings)]);
      await front?.stop();
      updateRecord(settings, (record) => {
        record.engines = {};
        record.owner = record.natsUrl = record.mongodbUri = undefined;
        record.embeddingsUrl = record.sttUrl = undefined;
      });
    },
  };
}

/** Adopts the recorded process, or starts a new one on the first free ports. Records it once it exists. */
export async function adoptOrStart(
  { name, wanted, define }: Wish,
  settings: Pick<Settings, "dataDir">,
  log: Logger,
): Promise<Engine> {
  const left = readRecord(settings).engines[name];
  if (left !== undefined && (await commandLine(left.pid)).includes(left.program)) {
    const adopted = await Engine.adopt(define(left.ports), left.pid, log);
    if (adopted !== undefined) return adopted;
  }
  const ports: Record<string, number> = {};
  for (const [port, number] of Object.entries(wanted))
    ports[port] = await freePort(number, Object.values(ports));
  const definition = define(ports);
  return Engine.start(definition, log, (pid) => noteEngine(settings, definition, pid));
}

/** Stops recorded engines that were not adopted, such as disabled extras. */
async function endLeftBehind(settings: EngineSettings): Promise<void> {
  const ours = new Set(["nats-server", "mongod"]);
  for (const [name, { pid, program }] of Object.entries(readRecord(settings).engines)) {
    if (!ours.has(name) && (await commandLine(pid)).includes(program)) await endProcess(pid, leftBehindMs);
  }
}

/** Records a running engine. */
export function noteEngine(
  settings: Pick<Settings, "dataDir">,
  { name, program, ports }: EngineDefinition,
  pid: number,
): void {
  updateRecord(settings, (record) => {
    record.engines[name] = { pid, program, ports };
  });
}

async function hasLivingOwner({ owner }: EnginesRecord): Promise<boolean> {
  if (owner === undefined || owner === process.pid || !isRunning(owner)) return false;
  return /parley(\.js)? (up|engines)\b/.test(await commandLine(owner));
}

function ofAnotherProcess(settings: EngineSettings, record: EnginesRecord, log: Logger): Engines {
  const natsUrl = settings.natsUrl ?? record.natsUrl;
  const mongodbUri = settings.mongodbUri ?? record.mongodbUri;
  if (natsUrl === undefined || mongodbUri === undefined) {
    throw new SettingsError(
      `process ${record.owner} is starting engines in ${settings.dataDir}: wait for it or end it`,
    );
  }
  log.info({ owner: record.owner }, "using engines of another process");
  const ports = Object.assign(
    {},
    ...Object.values(record.engines).map((engine) => engine.ports),
  ) as Engines["ports"];
  return { natsUrl, mongodbUri, ports, owned: false, watch: () => undefined, stop: async () => undefined };
}
