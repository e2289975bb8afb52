import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const attempts = 200;
/**
 * Ports below those that systems give to outgoing connections: a server that is started again on its port must not find
 * a client's connection there.
 */
const firstPort = 20_000;
const lastPort = 32_000;

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
 * The first free port of 127.0.0.1 from `wanted` on, excluding `taken`; 0 = any of 20000 to 32000.
 * @throws Error when 200 ports are in use
 */
export async function freePort(wanted: number, taken: readonly number[] = []): Promise<number> {
  if (wanted === 0) return anyFreePort(taken);
  for (let port = wanted; port < Math.min(wanted + attempts, 65_536); port++) {
    if (!taken.includes(port) && (await canListen(port)) !== undefined) return port;
  }
  throw new Error(`no free port from ${wanted} on`);
}

async function anyFreePort(taken: readonly number[]): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(firstPort, lastPort);
    if (!taken.includes(port) && (await canListen(port)) !== undefined) return port;
  }
  throw new Error(`no free port between ${firstPort} and ${lastPort}`);
}
