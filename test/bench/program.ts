import { fileURLToPath } from "node:url";
import { Service } from "../_kit/worlds/service.ts";

/** Starts a program of this folder and waits for its ready line. */
export async function startProgram(
  name: string,
  program: string,
  env: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<Service> {
  const path = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
  const service = new Service({ name, command: [path, ...args], env, cwd: process.cwd() });
  await service.start();
  return service;
}
