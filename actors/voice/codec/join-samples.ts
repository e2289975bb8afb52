/** Joins blocks of samples in a new array of their kind. */
export function joinSamples<Samples extends Int16Array | Float32Array>(
  kind: new (length: number) => Samples,
  parts: readonly Samples[],
): Samples {
  const whole = new kind(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
