import { Cron } from "croner";
import { isTimeZone } from "../time/zoned-time.ts";
import { RuleFault } from "./rule-fault.ts";

/**
 * The next time of a cron expression in a time zone after an instant (Unix ms); null if there is none. At
 * clock changes, a skipped time moves to the next valid one and a repeated one counts once. Missing days are
 * skipped.
 * @throws RuleFault naming an invalid expression or zone
 */
export function nextRun(cron: string, zone: string, after: number): number | null {
  return cronTimes(cron, zone)(after);
}

/** The same, compiled for repeated use. @throws RuleFault as {@link nextRun} */
export function cronTimes(cron: string, zone: string): (after: number) => number | null {
  if (!isTimeZone(zone)) throw new RuleFault(`unknown timezone: ${zone.slice(0, 64)}`);
  try {
    const times = new Cron(cron, { timezone: zone, paused: true });
    return (after) => times.nextRun(new Date(after))?.getTime() ?? null;
  } catch (cause) {
    throw new RuleFault(`cron can't be read: ${cron.slice(0, 128)}`, cause);
  }
}
