import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { configSchema, type Settings, variables } from "../schemas/config.ts";
import { SettingsError } from "./settings-error.ts";

export type { Settings };
export { SettingsError };

const known = new Set(variables.map(({ name }) => name));

// Prefixes reserved for Parley: an unknown name under them is a misspelling, not another program's variable.
const ownPrefix = /^(LIMIT|QUOTA|QQ|TELEGRAM|FEISHU|ONEBOT|DISCORD|REGISTRATION)_/;

/**
 * Settings from the environment and, with lower precedence, the file `.env` of the working folder. Empty
 * values count as unset.
 * @throws SettingsError that lists every unknown and invalid setting, one per line.
 */
export function loadSettings(env: NodeJS.ProcessEnv = process.env, file = ".env"): Settings {
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
  const fromEnv = Object.entries(env).filter(([name]) => known.has(name) || ownPrefix.test(name));
  const merged = { ...fromFile, ...Object.fromEntries(fromEnv) };
  const given = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ""));
  const parsed = configSchema.safeParse(given);
  if (parsed.success) {
    Object.freeze(parsed.data.limits);
    return Object.freeze(parsed.data);
  }
  const lines = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((name) => `${name}: unknown setting`)
      : [`${issue.path[0]?.toString() ?? "environment"}: ${issue.message}`],
  );
  throw new SettingsError(`bad configuration\n${lines.map((line) => `  ${line}`).join("\n")}`);
}
