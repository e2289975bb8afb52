import type { RepeatType } from "../../schemas/documents/reminder.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** Maximum UTC offset of any zone: larger ISO 8601 offsets are rejected. */
const mostOffsetMinutes = 14 * 60;
const formats = new Map<string, Intl.DateTimeFormat>();

/** A wall-clock time without a zone. `month` is 1 … 12. */
export interface LocalTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
}

/** Whether the runtime knows this IANA time zone. */
export function isTimeZone(zone: string): boolean {
  try {
    return formatOf(zone) !== undefined;
  } catch {
    return false;
  }
}

/** The wall-clock time in `zone` at an instant (Unix ms). */
export function localTime(at: number, zone: string): LocalTime {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) parts[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
  return { year, month, day, hour, minute, second, ms: ((at % 1000) + 1000) % 1000 };
}

/**
 * The instant (Unix ms) of a wall-clock time in `zone`: the first of two when the time is repeated. A time
 * skipped by a clock change is moved forward by the length of the gap.
 */
export function instantOf(local: LocalTime, zone: string): number {
  const utc = utcOf(local);
  const before = offsetAt(utc - dayMs, zone);
  const candidates = [before, offsetAt(utc + dayMs, zone)]
    .map((offset) => utc - offset)
    .filter((at) => utcOf(localTime(at, zone)) === utc);
  return candidates.length > 0 ? Math.min(...candidates) : utc - before;
}

const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?)?$/;
/** Latest schedulable time: schedules of nats-server are int64 nanoseconds. */
export const lastInstant = Date.UTC(2262, 0, 1);

/** A parsed time: its instant, and its wall-clock time as written. */
export interface ParsedTime {
  at: number;
  /** The wall-clock time as written; for a time with an offset, the one in the zone at that instant. */
  wall: LocalTime;
}

/**
 * Parses an ISO 8601 time to Unix ms; without an offset it is a wall-clock time in `zone`. Null for anything
 * else.
 */
export function parseInstant(text: string, zone: string): number | null {
  return parseTime(text, zone)?.at ?? null;
}

/** The same with the wall-clock time, which is kept as written even when clocks skip it. */
export function parseTime(text: string, zone: string): ParsedTime | null {
  const match = isoPattern.exec(text.trim());
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const ms = Math.floor(Number(`0.${match[7] ?? 0}`) * 1000);
  const local = { year, month, day, hour, minute, second, ms };
  const utc = utcOf(local);
  const back = new Date(utc);
  const exists = back.getUTCMonth() + 1 === month && back.getUTCDate() === day && hour < 24;
  if (!exists || minute > 59 || second > 59 || back.getUTCFullYear() !== year) return null;
  const offset = offsetOf(match.slice(8, 12));
  if (offset === null) return null;
  const at = offset === undefined ? instantOf(local, zone) : utc - offset;
  if (at >= lastInstant) return null;
  return { at, wall: offset === undefined ? local : localTime(at, zone) };
}

/** Milliseconds of an offset; undefined without one, null for an invalid one. */
function offsetOf([zulu, sign, hours, minutes = "0"]: (string | undefined)[]): number | undefined | null {
  if (zulu !== undefined) return 0;
  if (sign === undefined) return undefined;
  const total = Number(hours) * 60 + Number(minutes);
  if (Number(minutes) > 59 || total > mostOffsetMinutes) return null;
  return (sign === "-" ? -total : total) * minuteMs;
}

/**
 * The first repetition after an instant (Unix ms) of an event first due at wall-clock time `anchor` in
 * `zone`. The 29th to 31st move to the last day of a shorter month, and back in a longer one.
 */
export function nextRepetition(
  anchor: LocalTime,
  zone: string,
  repeat: Exclude<RepeatType, "none">,
  after: number,
): number {
  const now = localTime(after, zone);
  const elapsed = { ...now, hour: 0, minute: 0, second: 0, ms: 0 };
  const first = { ...anchor, hour: 0, minute: 0, second: 0, ms: 0 };
  const days = Math.round((utcOf(elapsed) - utcOf(first)) / dayMs);
  const months = (now.year - anchor.year) * 12 + now.month - anchor.month;
  const step = repeat === "weekly" ? 7 : 1;
  const from = repeat === "monthly" ? months : Math.floor(days / step);
  for (let count = Math.max(1, from - 1); ; count++) {
    const local = repeat === "monthly" ? plusMonths(anchor, count) : plusDays(anchor, count * step);
    const at = instantOf(local, zone);
    if (at > after) return at;
  }
}

function plusDays(local: LocalTime, days: number): LocalTime {
  const date = new Date(utcOf(local) + days * dayMs);
  return { ...local, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

function plusMonths(local: LocalTime, months: number): LocalTime {
  const index = local.year * 12 + local.month - 1 + months;
  const year = Math.floor(index / 12);
  const month = (index % 12) + 1;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return { ...local, year, month, day: Math.min(local.day, last) };
}

function utcOf({ year, month, day, hour, minute, second, ms }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}

/** UTC offset of a zone at an instant, ms. */
function offsetAt(at: number, zone: string): number {
  return utcOf(localTime(at, zone)) - at;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  return format;
}
