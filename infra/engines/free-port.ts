import { createServer } from "node:net";

const attempts = 200;

function canListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : undefined));
    });
  });
}

/**
 * The first free port of 127.0.0.1 from `wanted` on, excluding `taken`; 0 = any.
 * @throws Error when 200 ports in a row are in use.
 */
export async function freePort(wanted: number, taken: readonly number[] = []): Promise<number> {
  if (wanted === 0) return (await canListen(0)) ?? Promise.reject(new Error("no free port"));
  for (let port = wanted; port < Math.min(wanted + attempts, 65_536); port++) {
    if (!taken.includes(port) && (await canListen(port)) !== undefined) return port;
  }
  throw new Error(`no free port from ${wanted} on`);
}
