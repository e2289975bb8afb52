import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import anyTest, { type TestFn } from "ava";
import { checkout } from "../_kit/judge/sources.ts";
import { eventually } from "../_kit/judge/waiting.ts";
import { Api } from "../_kit/worlds/api.ts";

const test = anyTest as TestFn<{ api: Api }>;
const run = promisify(execFile);
const example = (name: string) => join(checkout, "docs/examples", name);
const hasCurl = spawnSync("curl", ["--version"]).status === 0;
const hasPaho = spawnSync("python3", ["-c", "import paho.mqtt.client"]).status === 0;

test.before(async (t) => {
  t.context = { api: await Api.start({ env: { ADMIN_PASSWORD: "example-password" } }) };
});
test.after.always((t) => t.context.api?.stop());

(hasCurl ? test : test.skip)("chat.sh talks to the server with curl alone", async (t) => {
  const env = {
    ...process.env,
    PARLEY_URL: `http://127.0.0.1:${t.context.api.system.ports()[0]}`,
    PARLEY_PASSWORD: "example-password",
  };
  const { stdout } = await run("bash", [example("chat.sh")], { env, timeout: 60_000 });
  t.regex(stdout, /data: \[DONE\]/);
  t.regex(stdout, /"done":true/);
  t.regex(stdout, /ena-test: hello/);
});

(hasPaho ? test : test.skip)("device.py publishes over MQTT, and its state is shown", async (t) => {
  const { api } = t.context;
  const made = await api.call("POST", "/api/v1/keys", { user: "admin" }, { name: "device" });
  const env = {
    ...process.env,
    PARLEY_USER: "admin",
    PARLEY_KEY: String(made.body.key),
    PARLEY_MQTT_PORT: String(api.system.engines.mqttPort),
    PARLEY_COUNT: "3",
  };
  await run("python3", [example("device.py")], { env, timeout: 60_000 });
  const device = await eventually(
    async () => {
      const shown = await api.call("GET", "/api/v1/devices/thermometer", { user: "admin" });
      const { device } = shown.body as { device?: { online: boolean; type: string; state: object } };
      return device?.online === false && device;
    },
    10_000,
    "the device has said goodbye",
  );
  t.like(device, { type: "sensor", state: { sent: 3 } });
});
