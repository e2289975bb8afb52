/** Payloads of devices and Home Assistant for a missing value. */
const noValues = new Set(["unknown", "unavailable"]);

/**
 * The value at a path such as `state.temp`, or undefined. Keys that contain dots are supported:
 * the longest existing key wins.
 */
export function valueAt(value: unknown, path: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Object.hasOwn(value, path)) return (value as Record<string, unknown>)[path];
  for (let dot = path.lastIndexOf("."); dot > 0; dot = path.lastIndexOf(".", dot - 1)) {
    const key = path.slice(0, dot);
    if (!Object.hasOwn(value, key)) continue;
    const found = valueAt((value as Record<string, unknown>)[key], path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a value is missing or unknown, so that no threshold can be crossed from it. */
export function isNoValue(value: unknown): boolean {
  return value === null || (typeof value === "string" && noValues.has(value.toLowerCase()));
}
