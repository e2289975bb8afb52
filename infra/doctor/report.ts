import { SettingsError } from "../settings-error.ts";

/** Result of a check. */
export interface Finding {
  ok: boolean;
  text: string;
}

/** A problem of an installation, and its fix. */
export class Problem extends Error {
  override name = "Problem";
}

/** One check: returns what is right, or throws a {@link Problem} or a connection error. */
export type Check = () => Promise<string | string[]>;

/** Runs a check; any exception is a problem. */
export async function run(check: Check): Promise<Finding[]> {
  try {
    return [await check()].flat().map((text) => ({ ok: true, text }));
  } catch (err) {
    const { message } = err as Error;
    const isNamed = err instanceof Problem || err instanceof SettingsError;
    const cause = (err as Error).cause;
    const why = !isNamed && cause instanceof Error ? `${message} (${cause.message})` : message;
    return why.split("\n").map((text) => ({ ok: false, text }));
  }
}
