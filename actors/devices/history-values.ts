const switches: Record<string, number> = { on: 1, off: 0, open: 1, closed: 0, true: 1, false: 0 };
const depthAtMost = 3;
const fieldsAtMost = 64;

/** Numbers and on/off values (1, 0) among the changes, by their path in the state, without lists. */
export function numbersIn(values: Record<string, unknown>): [field: string, value: number][] {
  const found: [string, number][] = [];
  const look = (value: unknown, path: string, depth: number): void => {
    if (found.length >= fieldsAtMost) return;
    const number = numberOf(value);
    if (number !== undefined) found.push([path, number]);
    else if (depth < depthAtMost && typeof value === "object" && value !== null && !Array.isArray(value))
      for (const [key, inner] of Object.entries(value))
        look(inner, path === "" ? key : `${path}.${key}`, depth + 1);
  };
  look(values, "", 0);
  return found;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string" || value.length > 32) return undefined;
  const word = switches[value.toLowerCase()];
  if (word !== undefined) return word;
  return /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : undefined;
}

/** A chart point. */
export interface ChartPoint {
  at: number;
  value: number;
  min: number;
  max: number;
  count: number;
}

/** Downsamples to a maximum number of points: the weighted mean of each interval. */
export function thinned(points: readonly ChartPoint[], from: number, to: number, most: number): ChartPoint[] {
  if (points.length <= most) return [...points];
  const width = Math.max(1, (to - from) / most);
  const intervals = new Map<number, ChartPoint>();
  for (const point of points) {
    const index = Math.min(most - 1, Math.floor((point.at - from) / width));
    const one = intervals.get(index);
    if (one === undefined) {
      intervals.set(index, { ...point, at: Math.round(from + index * width) });
      continue;
    }
    const count = one.count + point.count;
    one.value = (one.value * one.count + point.value * point.count) / count;
    one.min = Math.min(one.min, point.min);
    one.max = Math.max(one.max, point.max);
    one.count = count;
  }
  return [...intervals.values()];
}
