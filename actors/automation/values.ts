/** Words with which devices and Home Assistant say that they have no value. */
const noValues = new Set(["unknown", "unavailable"]);

/**
 * The value at a path such as `state.temp`; undefined where there is none. A key that has a dot in it is found as well:
 * the longest key that exists is taken.
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

/** Whether a value says that nothing is known, so that nothing can be crossed from it. */
export function isNoValue(value: unknown): boolean {
  return value === null || (typeof value === "string" && noValues.has(value.toLowerCase()));
}
