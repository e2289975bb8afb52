import { Command } from "commander";
import { roles } from "../../schemas/roles.ts";
import { version } from "../checkout.ts";
import { backup, restore } from "./backup.ts";
import { runDoctor } from "./doctor.ts";
import { installEngines, installVoice, runEngines } from "./engines.ts";
import { addLoad } from "./load.ts";
import { printNatsConfig } from "./nats-config.ts";
import { runActors, runEdge } from "./roles.ts";
import { runProcess } from "./run-process.ts";
import { runUp } from "./up.ts";

/** The roles and their entry points. */
function roleLines(): string {
  return Object.entries(roles)
    .map(([role, { doc, rooms }]) => `  ${role.padEnd(14)} ${doc} (${rooms.join(", ")})`)
    .join("\n");
}

const program = new Command("parley")
  .description("Event-driven chat, voice and IoT gateway: one actor core, three public APIs.")
  .version(version)
  .addHelpText(
    "after",
    `
Settings are environment variables, or lines of a file .env in the working folder; .env.example lists all of them.
Exit codes: 0 stopped on request, 1 failed, 78 the settings are wrong or the engines are missing (the message says which).

Examples:
  parley up                          everything on this machine
  parley engines                     only the embedded nats-server and mongod
  NATS_URL=… MONGODB_URI=… parley edge
  NATS_URL=… MONGODB_URI=… parley actors session`,
  );

program
  .command("up")
  .description("start engines where no URL is set, one edge and all actors; start again what dies")
  .addHelpText(
    "after",
    `
The embedded engines keep their data in DATA_DIR (.data). They are installed into .engines/ when the machine has none.
Unless EXTRAS=0, a local chat model and embeddings are installed in the background and join when they are ready;
speech recognition runs too where "parley engines --install-voice" (make voice) has installed it.
SIGTERM or Ctrl-C stops everything, the engines too, within 10 s.

Examples:
  parley up
  PORT=8080 DATA_DIR=/var/lib/parley EXTRAS=0 parley up`,
  )
  .action(() => runProcess("up", runUp));

program
  .command("engines")
  .description("start only the embedded nats-server and mongod, and print their URLs")
  .option("--install", "install them where the machine has none, and exit")
  .option("--install-voice", "install speech recognition (whisper), and exit")
  .addHelpText(
    "after",
    `
Prints NATS_URL=… and MONGODB_URI=… (with credentials) to stdout and watches over both until SIGTERM.
An edge and actors with the same DATA_DIR find them without these URLs.

Examples:
  parley engines
  DATA_DIR=/tmp/try NATS_PORT=0 MQTT_PORT=0 MONGODB_PORT=0 parley engines    on any free ports`,
  )
  .action(({ install, installVoice: voice }: { install?: boolean; installVoice?: boolean }) => {
    if (voice) return installVoice();
    return install ? installEngines() : runProcess("engines", runEngines);
  });

program
  .command("edge")
  .description("serve WebSocket, REST and event streams on PORT")
  .addHelpText(
    "after",
    `
Uses NATS_URL and MONGODB_URI, else the engines that DATA_DIR/engines.json names. Any number of edges may run.

Examples:
  parley edge
  PORT=0 parley edge                 on any free port; the ready line tells which`,
  )
  .action(() => runProcess("edge", runEdge));

program
  .command("actors")
  .argument("[roles...]", "which roles; none = all")
  .description("run the actors: session, voice, memory, knowledge, automation …")
  .addHelpText(
    "after",
    `
Uses NATS_URL and MONGODB_URI, else the engines that DATA_DIR/engines.json names. Any number of processes may run; they
share the sessions, and take over those of a process that goes away.

Roles:
${roleLines()}

Examples:
  parley actors
  parley actors session memory`,
  )
  .action((names: string[]) => runProcess("actors", (process) => runActors(process, names)));

addLoad(program);

program
  .command("nats-config")
  .description("print accounts, users and the auth callout for an external nats-server")
  .addHelpText(
    "after",
    `
For the user and password in NATS_URL; without it, a password is made and the URL is printed with it.

Examples:
  NATS_URL=nats://parley:secret@nats:4222 parley nats-config > parley.conf
  parley nats-config                 with a new password`,
  )
  .action(printNatsConfig);

program
  .command("doctor")
  .description("check engines, accounts, replicas, limits and data; a line for each problem with its cure")
  .addHelpText(
    "after",
    `
Uses NATS_URL and MONGODB_URI, else the engines that DATA_DIR/engines.json names. Exit code 0: all is well, 1: not.

Examples:
  NATS_URL=… MONGODB_URI=… parley doctor`,
  )
  .action(runDoctor);

program
  .command("backup")
  .argument("<file>", "where to write it")
  .description(
    "write everything to one file while the system runs: MongoDB, streams, uploaded files, secrets",
  )
  .addHelpText(
    "after",
    `
Uses NATS_URL and MONGODB_URI, else the embedded engines of DATA_DIR, which are started where they do not run.

Examples:
  parley backup /backups/parley-$(date +%F).gz`,
  )
  .action(backup);

program
  .command("restore")
  .argument("<file>", 'a file that "parley backup" has written')
  .description("bring a backup to an empty installation, embedded or external")
  .addHelpText(
    "after",
    `
Nothing but engines may run there. NATS_REPLICAS holds for what is restored.

Examples:
  DATA_DIR=/var/lib/parley parley restore /backups/parley-2026-01-31.gz
  NATS_URL=… MONGODB_URI=… NATS_REPLICAS=3 parley restore /backups/parley-2026-01-31.gz`,
  )
  .action(restore);

await program.parseAsync();
