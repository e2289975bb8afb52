import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { variables } from "../../schemas/config.ts";
import { checkoutDir } from "../checkout.ts";

/** The text of `.env.example`: every variable with its meaning, commented out at its default. */
export function envExample(): string {
  const lines = variables.map(({ name, doc, schema }) => {
    const byDefault = schema.safeParse(undefined);
    const value = byDefault.success && byDefault.data !== undefined ? String(byDefault.data) : "";
    return `# ${doc}\n#${name}=${/\s/.test(value) ? JSON.stringify(value) : value}\n`;
  });
  return `# All settings of Parley. Generated from schemas/config.ts and schemas/limits.ts by "make gen".
# Copy to .env and set what you need; variables of the environment come first.

${lines.join("\n")}`;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(checkoutDir, ".env.example"), envExample());
}
