import { closeCodes } from "./close-codes.ts";
import { namedRoutes } from "./routes/index.ts";

/**
 * Source of `edge/client/gen/tables.ts`: what the client library needs of the schemas at run time, so that it carries
 * neither zod nor the schemas themselves.
 */
export function clientTables(): string {
  const routes = Object.entries(namedRoutes).map(([name, { method, path, file }]) => {
    const verb = method === "del" ? "DELETE" : method.toUpperCase();
    return `  ${name}: "${verb} ${path}${file ? " file" : ""}",`;
  });
  const final = Object.values(closeCodes)
    .filter(({ reconnect }) => !reconnect)
    .map(({ code }) => code);
  return `// Generated from schemas/routes and schemas/close-codes.ts by "make gen".

/** Method and path of every endpoint, by the name of its route; \`file\` marks answers that are files. */
export const routeTable = {
${routes.join("\n")}
} as const;

/** Close codes after which a client does not reconnect by itself. */
export const finalCloseCodes: readonly number[] = [${final.join(", ")}];
`;
}
