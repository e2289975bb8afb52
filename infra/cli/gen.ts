import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { variables } from "../../schemas/config.ts";
import { checkoutDir, version } from "../checkout.ts";

/** The text of `.env.example`: every variable with its description, commented out at its default. */
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

/** Generators of the API documents. Loaded by path: infra/ imports only the schemas that it needs to run. */
interface Descriptions {
  openApiDocument(version: string): object;
  asyncApiDocument(version: string): object;
  clientTables(): string;
  messagesPage(): string;
  busAsyncApiDocument(version: string): object;
}

async function descriptions(): Promise<Descriptions> {
  const load = (name: string) => import(new URL(`../../schemas/${name}.js`, import.meta.url).href);
  const parts = await Promise.all(["openapi", "asyncapi", "client-tables", "message-docs"].map(load));
  return Object.assign({}, ...parts) as Descriptions;
}

if (process.argv[1] === import.meta.filename) {
  const write = (path: string, text: string) => writeFileSync(join(checkoutDir, path), text);
  const { openApiDocument, asyncApiDocument, clientTables, messagesPage, busAsyncApiDocument } =
    await descriptions();
  for (const folder of ["schemas/gen", "edge/client/gen", "docs"])
    mkdirSync(join(checkoutDir, folder), { recursive: true });
  write(".env.example", envExample());
  write("schemas/gen/openapi.json", `${JSON.stringify(openApiDocument(version), null, 1)}\n`);
  write("edge/client/gen/tables.ts", clientTables());
  write("docs/messages.md", messagesPage());
  write("schemas/gen/messages.json", `${JSON.stringify(busAsyncApiDocument(version), null, 1)}\n`);
  write("schemas/gen/asyncapi.json", `${JSON.stringify(asyncApiDocument(version), null, 1)}\n`);
}
