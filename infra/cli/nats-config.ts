import { randomBytes } from "node:crypto";
import { defaultUser, natsConfig } from "../nats/server-config.ts";
import { loadSettings } from "../settings.ts";
import { failing } from "./run-process.ts";

/**
 * `parley nats-config`: prints the configuration of an external nats-server, for the user and password of
 * NATS_URL, or for new ones.
 */
export async function printNatsConfig(): Promise<void> {
  await failing("nats-config", undefined, async () => {
    const { natsUrl, mqttPort } = loadSettings();
    const given = natsUrl === undefined ? undefined : new URL(natsUrl.split(",")[0]?.trim() ?? "");
    const user = given?.username ? decodeURIComponent(given.username) : defaultUser;
    const password = given?.password
      ? decodeURIComponent(given.password)
      : randomBytes(24).toString("base64url");
    const url = given?.password
      ? "# for the user and password of NATS_URL"
      : `# NATS_URL=nats://${user}:${encodeURIComponent(password)}@HOST:4222   (several servers: separated by commas, each with the user)`;
    process.stdout.write(`${url}
# Add this to the configuration of every nats-server (2.14 or newer), the same on each; "parley doctor" checks it.
# Each server also has its own: server_name, listen, and in a cluster the block
#   cluster { name: parley, listen: "0.0.0.0:6222", routes: [ "nats://HOST1:6222", "nats://HOST2:6222", "nats://HOST3:6222" ] }
max_payload: 1MB
jetstream {
  store_dir: "/var/lib/nats"
  max_memory_store: 1GB
  sync_interval: always
}
mqtt { listen: "0.0.0.0:${mqttPort}" }
${natsConfig(password, user)}`);
  });
}
