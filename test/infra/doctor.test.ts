import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { MongoClient } from "mongodb";
import { checkoutDir } from "../../infra/checkout.ts";
import { Engine } from "../../infra/engines/engine.ts";
import { freePort } from "../../infra/engines/free-port.ts";
import { findMongod, findNatsServer } from "../../infra/engines/program.ts";
import { createLogger } from "../../infra/log.ts";
import { startEngines, type TestEngines } from "../_kit/worlds/engines.ts";

const log = createLogger("test", { logLevel: "silent" });
const silent = () => undefined;
const startMs = 45_000;
const started: Engine[] = [];
let folder: string;
let engines: TestEngines;

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "parley-doctor-"));
  engines = await startEngines();
});
test.after.always(async () => {
  await Promise.all(started.map((engine) => engine.stop()));
  await engines.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Result {
  code: number;
  text: string;
}

function parley(words: string[], env: Record<string, string>): Promise<Result> {
  const bin = join(checkoutDir, "bin", "parley.js");
  const own = { PATH: process.env.PATH ?? "", HOME: folder, DATA_DIR: join(folder, "data"), PORT: "0" };
  const options = { cwd: folder, env: { ...own, ...env }, timeout: startMs };
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...words], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), text: stdout + stderr });
    });
  });
}

/** A nats-server with this configuration. */
async function natsServer(name: string, config: string): Promise<number> {
  const port = await freePort(0);
  const file = join(folder, `${name}.conf`);
  mkdirSync(join(folder, name));
  writeFileSync(file, `server_name: ${name}\nlisten: "127.0.0.1:${port}"\n${config}`);
  const definition = {
    name,
    program: await findNatsServer(silent),
    args: ["-c", file],
    mark: file,
    logFile: join(folder, `${name}.log`),
    ports: { nats: port },
    // It greets whoever connects, before a log-in.
    ping: () =>
      new Promise<void>((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port });
        socket.once("data", () => {
          socket.destroy();
          resolve();
        });
        socket.once("error", reject);
      }),
  };
  started.push(await Engine.start(definition, log));
  return port;
}

/** A mongod that belongs to no replica set. */
async function standaloneMongod(): Promise<string> {
  const port = await freePort(0);
  const dbPath = join(folder, "standalone");
  mkdirSync(dbPath);
  const uri = `mongodb://127.0.0.1:${port}`;
  const definition = {
    name: "standalone",
    program: await findMongod(silent),
    args: ["--dbpath", dbPath, "--port", String(port), "--bind_ip", "127.0.0.1", "--nounixsocket"],
    mark: dbPath,
    logFile: join(folder, "standalone.log"),
    ports: { mongodb: port },
    ping: async () => {
      const client = new MongoClient(`${uri}/?directConnection=true`, { serverSelectionTimeoutMS: 1_000 });
      await client
        .db("admin")
        .command({ ping: 1 })
        .finally(() => client.close());
    },
  };
  started.push(await Engine.start(definition, log));
  return `${uri}/parley`;
}

test.serial("doctor: nothing wrong with the embedded engines", async (t) => {
  const { natsUrl, mongodbUri } = engines;
  const { code, text } = await parley(["doctor"], { NATS_URL: natsUrl, MONGODB_URI: mongodbUri });
  t.is(code, 0, text);
  for (const part of ["JetStream", "system user", "auth callout", "1 replica", "replica set rs0"])
    t.true(text.includes(part), part);
  t.notRegex(text, /^problem/m);
});

test.serial("doctor: a line for each problem, with its cure", async (t) => {
  const { natsUrl, mongodbUri } = engines;
  const wrong = natsUrl.replace(/parley:[^@]*@/, "parley:guess@");
  const refused = await parley(["doctor"], { NATS_URL: wrong, MONGODB_URI: mongodbUri });
  t.is(refused.code, 1);
  t.regex(refused.text, /^problem {2}NATS at .* refuses the user "parley".*NATS_URL.*nats-config/m);
  t.regex(refused.text, /^ok .*replica set rs0/m);
  const three = await parley(["doctor"], {
    NATS_URL: natsUrl,
    MONGODB_URI: mongodbUri,
    NATS_REPLICAS: "3",
  });
  t.is(three.code, 1);
  t.regex(three.text, /^problem {2}NATS_REPLICAS=3 can't be had .*nats-servers in one cluster/m);
  t.notRegex(three.text, /\n\s+at /, "no stack");
});

test.serial("nats-config: a server with what it prints is all that doctor wants", async (t) => {
  const printed = await parley(["nats-config"], {});
  t.is(printed.code, 0, printed.text);
  const config = printed.text
    .replace('store_dir: "/var/lib/nats"', `store_dir: ${JSON.stringify(join(folder, "printed"))}`)
    .replace(/mqtt \{.*\}/, "");
  const port = await natsServer("printed", config);
  const [, password] = /NATS_URL=nats:\/\/parley:([^@]+)@/.exec(printed.text) ?? [];
  const env = { NATS_URL: `nats://parley:${password}@127.0.0.1:${port}`, MONGODB_URI: engines.mongodbUri };
  const { code, text } = await parley(["doctor"], env);
  t.is(code, 0, text);
});

test.serial("a start with engines that can't serve ends with code 78 and what to change", async (t) => {
  const port = await natsServer("bare", "");
  const bare = `nats://127.0.0.1:${port}`;
  const standalone = await standaloneMongod();
  const { natsUrl, mongodbUri } = engines;
  const cases: [string, Record<string, string>, RegExp][] = [
    ["edge", { NATS_URL: bare, MONGODB_URI: mongodbUri }, /no JetStream for this account.*nats-config/],
    [
      "actors",
      { NATS_URL: natsUrl.replace(/parley:[^@]*@/, "parley:guess@"), MONGODB_URI: mongodbUri },
      /refuses the user "parley".*NATS_URL/,
    ],
    [
      "actors",
      { NATS_URL: natsUrl, MONGODB_URI: mongodbUri.replace(/parley:[^@]*@/, "parley:guess@") },
      /MongoDB at .* refuses the user.*MONGODB_URI/,
    ],
    ["actors", { NATS_URL: natsUrl, MONGODB_URI: standalone }, /no replica set.*--replSet.*rs\.initiate/],
  ];
  for (const [command, env, reason] of cases) {
    const { code, text } = await parley([command], env);
    t.is(code, 78, text);
    t.regex(text, reason);
    t.notRegex(text, /\n\s+at /, "no stack");
  }
});
