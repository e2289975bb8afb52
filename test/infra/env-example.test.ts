import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import test from "ava";
import { checkoutDir } from "../../infra/checkout.ts";
import { envExample } from "../../infra/cli/gen.ts";
import { loadSettings } from "../../infra/settings.ts";

test(".env.example is what the schema generates", (t) => {
  t.is(readFileSync(join(checkoutDir, ".env.example"), "utf8"), envExample());
});

test("its lines are valid settings and say the defaults", (t) => {
  const env = parseEnv(envExample().replaceAll(/^#([A-Z])/gm, "$1"));
  t.deepEqual(loadSettings(env, "none"), loadSettings({}, "none"));
});
