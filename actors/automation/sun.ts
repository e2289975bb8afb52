import { getTimes } from "suncalc";
import { RuleFault } from "./rule-fault.ts";

const dayMs = 86_400_000;
/** Days searched: beyond the polar circles the sun may stay up or down for half a year. */
const searchedDays = 400;

/** A location, degrees. */
export interface Place {
  latitude: number;
  longitude: number;
}

/** Configuration of a `sun` trigger. */
interface SunTrigger {
  event: "sunrise" | "sunset";
  offset_min: number;
  latitude?: number | undefined;
  longitude?: number | undefined;
}

/**
 * The first time after an instant (Unix ms) at which a `sun` trigger is due; null if there is none for a
 * year.
 */
export function nextSun({ event, offset_min }: SunTrigger, place: Place, after: number): number | null {
  const offset = offset_min * 60_000;
  for (let day = -2; day < searchedDays; day++) {
    const time = getTimes(new Date(after + day * dayMs), place.latitude, place.longitude)[event];
    const at = (time?.getTime() ?? Number.NaN) + offset;
    if (at > after) return at;
  }
  return null;
}

/** The trigger's location, otherwise the user's. @throws RuleFault without either */
export function placeOf({ latitude, longitude }: SunTrigger, profile: Place | undefined): Place {
  if (latitude !== undefined && longitude !== undefined) return { latitude, longitude };
  if (profile !== undefined) return profile;
  throw new RuleFault("trigger_config: latitude and longitude are missing, and the profile has no place");
}
