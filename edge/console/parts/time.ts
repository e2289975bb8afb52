import { language } from "../state/language.ts";

const locale = () => (language.value === "zh" ? "zh-CN" : "en");
const dayMs = 86_400_000;

/** A time of day, with the date where it is not today. */
export function shortTime(at: number | string): string {
  const date = new Date(at);
  const today = new Date().toDateString() === date.toDateString();
  const near = Math.abs(Date.now() - date.getTime()) < 300 * dayMs;
  const day = { month: "short", day: "numeric", ...(near ? {} : { year: "numeric" as const }) } as const;
  const options = { hour: "2-digit", minute: "2-digit", ...(today ? {} : day) } as const;
  return new Intl.DateTimeFormat(locale(), options).format(date);
}

/** How long ago, in the largest unit that fits. */
export function ago(at: number | string): string {
  const seconds = (new Date(at).getTime() - Date.now()) / 1_000;
  const units = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ] as const;
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: "auto", style: "short" });
  for (const [unit, size] of units)
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  return format.format(Math.round(seconds), "second");
}

/** A count with its separators. */
export function count(value: number): string {
  return new Intl.NumberFormat(locale()).format(value);
}

/** Bytes in the unit that fits. */
export function size(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const at = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const options = { style: "unit", unit: units[at], unitDisplay: "short", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(locale(), options).format(bytes / 1024 ** at);
}
