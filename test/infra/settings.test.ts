import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { loadSettings, SettingsError } from "../../infra/settings.ts";
import { workFolder } from "../_kit/worlds/parley.ts";

test("defaults, the file .env and the environment, which comes first", (t) => {
  const file = join(workFolder(t).cwd, ".env");
  writeFileSync(file, "PORT=7000\nHOST=::1\nLIMIT_SESSION_QUEUE=3\nJWT_SECRET=\n");
  const settings = loadSettings({ PORT: "7001", PATH: "/bin", UNRELATED: "x" }, file);
  t.is(settings.port, 7001);
  t.is(settings.host, "::1");
  t.is(settings.limits.sessionQueue, 3);
  t.is(settings.limits.userSockets, 10_000);
  t.is(settings.jwtSecret, undefined);
  t.is(settings.adminUsername, "admin");
  t.false(settings.registrationEnabled);
  t.true(settings.extras);
  t.true(Object.isFrozen(settings) && Object.isFrozen(settings.limits));
});

test("lists and switches", (t) => {
  const settings = loadSettings(
    { ALLOWED_ORIGINS: "https://a.example, http://b.example", EXTRAS: "0", TRUST_PROXY: "true" },
    "none",
  );
  t.deepEqual(settings.allowedOrigins, ["https://a.example", "http://b.example"]);
  t.false(settings.extras);
  t.true(settings.trustProxy);
});

test("every bad and every unknown setting is named", (t) => {
  const file = join(workFolder(t).cwd, ".env");
  writeFileSync(file, "PROT=1\n");
  const env = {
    PORT: "70000",
    JWT_SECRET: "short",
    NATS_URL: "http://x",
    MONGODB_URI: "x",
    DEFAULT_TIMEZONE: "Mars/Olympus",
    LIMIT_STOP_MS: "soon",
    LIMIT_NO_SUCH: "1",
    QUOTA_DAILY: "1",
  };
  const error = t.throws(() => loadSettings(env, file), { instanceOf: SettingsError });
  for (const name of [...Object.keys(env), "PROT"]) t.regex(error.message, new RegExp(`^ {2}${name}: `, "m"));
  t.notRegex(error.message, /short/);
});
