/** What a figure has to reach: a bound on the ratio to the reference, or on the figure itself. */
export interface Target {
  of: "ratio" | "value";
  /** The figure should be at least or at most `bound`. */
  sense: "min" | "max";
  bound: number;
}

/** One row of the table: a value for each repetition, and the reference's values of the same repetitions. */
export interface Figure {
  name: string;
  unit: string;
  values: number[];
  reference?: number[];
  target?: Target;
  note?: string;
}

/** Median and range. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Median, least and greatest of some values; NaN of none. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2 === 1
      ? (sorted[Math.floor(middle)] ?? Number.NaN)
      : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** The value below which the share `p` of the values lies (nearest rank); NaN of none. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

/** Value by value, the figure over its reference of the same repetition. */
export function ratios({ values, reference }: Figure): number[] {
  return reference === undefined
    ? []
    : values.map((value, index) => value / (reference[index] ?? Number.NaN));
}

/** Whether the median reaches the target; undefined without one. */
export function isMet(figure: Figure): boolean | undefined {
  const { target } = figure;
  if (target === undefined) return undefined;
  const { median } = spread(target.of === "ratio" ? ratios(figure) : figure.values);
  return target.sense === "max" ? median <= target.bound : median >= target.bound;
}

/** The table as Markdown: the median of each figure, and its range in brackets. */
export function table(figures: readonly Figure[]): string {
  const head = ["figure", "unit", "Parley", "reference", "ratio", "target", "", "note"];
  const rows = figures.map((figure) => [
    figure.name,
    figure.unit,
    text(figure.values),
    text(figure.reference ?? []),
    text(ratios(figure)),
    targetText(figure.target),
    { undefined: "", true: "met", false: "MISSED" }[String(isMet(figure))] ?? "",
    figure.note ?? "",
  ]);
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const print = (line: string[]) =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [print(head), rule, ...rows.map(print)].join("\n");
}

function targetText(target: Target | undefined): string {
  if (target === undefined) return "";
  return `${target.sense === "max" ? "≤" : "≥"} ${target.bound}${target.of === "ratio" ? "×" : ""}`;
}

function text(values: readonly number[]): string {
  if (values.length === 0) return "";
  const { median, min, max } = spread(values);
  return values.length === 1 ? short(median) : `${short(median)} [${short(min)}–${short(max)}]`;
}

function short(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (Math.abs(value) >= 10_000) return `${Math.round(value / 1_000)}k`;
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
