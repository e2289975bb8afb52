/** One sample of a text of metrics: its labels and value (Prometheus text format 0.0.4). */
export interface Sample {
  name: string;
  labels: string;
  value: number;
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([-+.\w]+)$/;

/** Reads a text of metrics. */
export function samplesOf(text: string): Sample[] {
  return text.split("\n").flatMap((one) => {
    const [, name, labels = "", value] = line.exec(one) ?? [];
    return name === undefined || value === undefined ? [] : [{ name, labels, value: Number(value) }];
  });
}

/** Sum of all samples of a name whose labels contain `labels`. */
export function total(samples: readonly Sample[], name: string, labels = ""): number {
  return samples
    .filter((one) => one.name === name && one.labels.includes(labels))
    .reduce((sum, one) => sum + one.value, 0);
}

/** Mean of a histogram between two readings; null where nothing happened. */
export function meanSince(before: readonly Sample[], now: readonly Sample[], name: string): number | null {
  const count = total(now, `${name}_count`) - total(before, `${name}_count`);
  if (count <= 0) return null;
  return (total(now, `${name}_sum`) - total(before, `${name}_sum`)) / count;
}
