import { SettingsError } from "../settings-error.ts";

/** What a check has found. */
export interface Finding {
  ok: boolean;
  text: string;
}

/** Something that is wrong with an installation, and how to cure it. */
export class Problem extends Error {
  override name = "Problem";
}

/** One check: answers what is right, or throws a {@link Problem} or an error of a connection. */
export type Check = () => Promise<string | string[]>;

/** Runs a check; whatever it throws is a problem. */
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
