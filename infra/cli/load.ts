import type { Command } from "commander";
import type { Settings } from "../../schemas/config.ts";
import { resolveEndpoints } from "../endpoints.ts";
import { readRecord } from "../engines/record.ts";
import { openInstallation } from "../installation/open.ts";
import { createLogger } from "../log.ts";
import { loadSettings } from "../settings.ts";
import { SettingsError } from "../settings-error.ts";

/** What `edge/load/main.ts` exports. */
interface LoadMain {
  runLoad(scenario: string, options: Record<string, unknown>, dataDir: string): Promise<number>;
}

const examples = `
Scenarios:
  chat      messages to sessions; latency to acceptance, first chunk and the end of the reply
  fanout    one user with many devices; latency of each delivery
  devices   device updates over MQTT, NATS or REST; latency until a client sees them
  openai    streamed completions of /v1
  storm     chat, while all sockets are cut at once and resume

Operations leave at their intended times, however slow the server is, and latency counts from those times. The verdict
compares what was accepted with what was answered and with history: nothing lost, doubled or out of order.
Users are created for the load and erased afterwards. They may open /ws/chat only where CHAT_USERS=all; otherwise the
load is the administrator's alone.

Exit codes: 0 good, 1 a threshold or a promise was broken, or the server can't be loaded, 78 wrong options.

Examples:
  parley load chat                                          10 users, 20 messages a second, 30 s
  parley load chat --users 200 --rate 300 --duration 2m --ramp 20s --processes 2 --report load.html
  parley load chat --fail-if 'p99<500ms' --fail-if 'errors<1%' --json load.jsonl
  parley load chat --kill actor --report takeover.html      kill -9 of an actor process at half time
  parley load fanout --devices 1000 --rate 20
  parley load devices --transport nats --users 10 --devices 50 --rate 1000
  parley load openai --rate 50 --model ena-test:50x20
  parley load storm --users 100 --cuts 5 --url https://chat.example --token "$TOKEN"`;

/** Adds `parley load`. The load uses the public protocols, so it can test any Parley. */
export function addLoad(program: Command): void {
  program
    .command("load")
    .argument("<scenario>", "chat, fanout, devices, openai or storm")
    .description("load a running Parley by its public protocols, and judge it")
    .option("--url <address>", "Parley under load (default http://127.0.0.1:6898)")
    .option("--token <token>", "administrator's token or API key; else a log-in")
    .option("--username <name>", "administrator's user name (default admin)")
    .option("--password <password>", "administrator's password; else ADMIN_PASSWORD, or that of DATA_DIR")
    .option("--users <n>", "users (chat 10, fanout 1, devices 5, storm 20)")
    .option("--sessions <n>", "sessions of each user (1)")
    .option(
      "--devices <n>",
      "sockets of each user (1, fanout 100, storm 10), or publishing devices of each (20)",
    )
    .option("--rate <n>", "operations a second in all (20)")
    .option("--ramp <time>", "time in which the rate rises from zero (0)")
    .option("--warmup <time>", "time at the beginning that is not counted (2s)")
    .option("--duration <time>", "time that is counted (30s)")
    .option("--drain <time>", "longest wait for open answers at the end (30s)")
    .option("--model <id>", "model that answers (ena-test:20x10: 20 chunks, 10 ms apart)")
    .option("--size <n>", "characters of a message (64)")
    .option("--transport <name>", "devices: mqtt, nats or rest (mqtt)")
    .option("--mqtt <address>", "devices: MQTT listener (mqtt://127.0.0.1:1883)")
    .option("--nats <address>", "devices: NATS server (nats://127.0.0.1:4222)")
    .option("--cuts <n>", "storm: how often all sockets are cut (3)")
    .option("--processes <n>", "processes that make the load (1)")
    .option("--kill <role>", "kill -9 edge, actor or nats of this machine's installation at half time")
    .option("--fail-if <condition>", "exit 1 unless it holds; may be repeated", collect, [])
    .option("--json <file>", "write one JSON line a second")
    .option("--report <file>", "write one HTML page with plots")
    .option("--keep-users", "do not erase the users at the end")
    .addHelpText("after", examples)
    .action(async (scenario: string, options: Record<string, unknown>) => {
      process.exit(await load(scenario, options));
    });
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

async function load(scenario: string, options: Record<string, unknown>): Promise<number> {
  // Loaded by path at run time: infra/ must not import other rooms.
  const main = (await import(new URL("../../edge/load/main.js", import.meta.url).href)) as LoadMain;
  try {
    const settings = loadSettings();
    const password = options.password ?? settings.adminPassword ?? (await localPassword(settings, options));
    return await main.runLoad(
      scenario,
      { ...localAddresses(settings), ...options, password },
      settings.dataDir,
    );
  } catch (error) {
    process.stderr.write(`parley load: ${(error as Error).message}\n`);
    return error instanceof TypeError || error instanceof SettingsError ? 78 : 1;
  }
}

/** URL of the installation of these settings. */
function localAddresses(settings: Settings): Record<string, string> {
  const { nats = settings.natsPort, mqtt = settings.mqttPort } =
    readRecord(settings).engines["nats-server"]?.ports ?? {};
  return {
    url: `http://${settings.host}:${settings.port}`,
    nats: `nats://127.0.0.1:${nats}`,
    mqtt: `mqtt://127.0.0.1:${mqtt}`,
  };
}

/** The administrator's password from DATA_DIR, when the load targets that installation. */
async function localPassword(settings: Settings, { token, url }: Record<string, unknown>) {
  const { owner } = readRecord(settings);
  if (token !== undefined || url !== undefined || owner === undefined) return undefined;
  const log = createLogger("load", { ...settings, logLevel: "fatal" });
  const endpoints = resolveEndpoints(settings);
  return (await openInstallation({ role: "load", settings, log, endpoints })).adminPassword;
}
