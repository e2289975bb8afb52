import { Cron } from "croner";
import { isTimeZone } from "../time/zoned-time.ts";
import { RuleFault } from "./rule-fault.ts";

/**
 * The first time after an instant (Unix ms) at which a cron expression holds in a time zone; null when there is none.
 * A time that the clocks skip is their next one, one that they repeat counts once, a day that a month lacks is skipped.
 * @throws RuleFault that names an expression or a zone that can't be read
 */
export function nextRun(cron: string, zone: string, after: number): number | null {
  return cronTimes(cron, zone)(after);
}

/** The same for one expression asked many times. @throws RuleFault as {@link nextRun} does */
export function cronTimes(cron: string, zone: string): (after: number) => number | null {
  if (!isTimeZone(zone)) throw new RuleFault(`unknown timezone: ${zone.slice(0, 64)}`);
  try {
    const times = new Cron(cron, { timezone: zone, paused: true });
    return (after) => times.nextRun(new Date(after))?.getTime() ?? null;
  } catch (cause) {
    throw new RuleFault(`cron can't be read: ${cron.slice(0, 128)}`, cause);
  }
}
