import { parse } from "csv-parse/sync";

const delimiters = [",", ";", "\t", "|"] as const;
const sampleLines = 50;
const separatorLine = /^sep=(.)\r?\n/i;
const isNumber = /^[-+]?[\d.,\s]*\d%?$/;

/**
 * A table as text: one line per row, each value with its column name, so that each row is self-contained. The
 * delimiter and header are determined by the majority of lines; lines above the header are a title.
 */
export function csvToText(csv: string): string {
  const told = separatorLine.exec(csv);
  const body = told === null ? csv : csv.slice(told[0].length);
  const rows = rowsOf(body, told?.[1] ?? delimiterOf(body));
  const width = usualWidth(rows);
  const first = Math.max(
    0,
    rows.findIndex((row) => filled(row) >= Math.min(width, 2) && row.length >= width),
  );
  const titles = rows.slice(0, first).map((row) => row.filter((cell) => cell !== "").join(" "));
  const table = rows.slice(first);
  const head = isHeader(table) ? (table[0] ?? []) : [];
  const records = head.length > 0 ? table.slice(1) : table;
  const lines = records.map((row) =>
    row
      .map((value, i) => named(head[i], value))
      .filter(Boolean)
      .join("; "),
  );
  if (records.length === 0) lines.push(head.join(", "));
  return [...titles.map((title) => `# ${title}`), ...lines].filter((line) => line.trim() !== "").join("\n");
}

function named(column: string | undefined, value: string): string {
  if (value === "") return "";
  return column === undefined || column === "" ? value : `${column}: ${value}`;
}

/** Cells of all rows. With an unclosed quote, quotes are treated as ordinary characters. */
function rowsOf(csv: string, delimiter: string): string[][] {
  const options = {
    ...{ bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, trim: true },
    ...{ delimiter, skip_records_with_empty_values: true },
  };
  try {
    return parse(csv, options) as string[][];
  } catch {
    return (parse(csv, { ...options, quote: null }) as string[][]).map((row) =>
      row.map((cell) => cell.replace(/^"|"$/g, "").replaceAll('""', '"')),
    );
  }
}

/** The delimiter with the most lines of equal column count, preferring more columns. */
function delimiterOf(csv: string): string {
  const sample = csv
    .split(/\r\n|\n|\r/, sampleLines * 4)
    .slice(0, sampleLines)
    .join("\n");
  const scored = delimiters.map((delimiter) => {
    const rows = sampleRows(sample, delimiter);
    const width = usualWidth(rows);
    // A quote inside a cell: the line was split at a quoted delimiter.
    const torn = rows.some((row) =>
      row.some((cell) => cell.includes('"') && cell.split('"').length % 2 === 0),
    );
    const agreeing = rows.filter((row) => row.length === width).length / (torn ? 3 : 1);
    return {
      delimiter,
      score: width < 2 ? 0 : (agreeing / Math.max(1, rows.length)) * (1 + Math.log2(width) / 10),
    };
  });
  const best = scored.reduce((one, other) => (other.score > one.score ? other : one));
  return best.score === 0 ? "," : best.delimiter;
}

function sampleRows(sample: string, delimiter: string): string[][] {
  try {
    return rowsOf(sample, delimiter);
  } catch {
    return [];
  }
}

/** The most common column count, preferring more than one. */
function usualWidth(rows: readonly string[][]): number {
  const counts = new Map<number, number>();
  for (const { length } of rows.slice(0, 200))
    counts.set(length, (counts.get(length) ?? 0) + (length > 1 ? 3 : 1));
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [1, 0])[0];
}

function filled(row: readonly string[]): number {
  return row.filter((cell) => cell !== "").length;
}

/** Column names are distinct words; rows of values have numbers or repetitions. */
function isHeader([head = [], ...rows]: readonly string[][]): boolean {
  if (rows.length === 0) return head.length > 1;
  const names = head.filter((cell) => cell !== "");
  return (
    names.length > 0 && new Set(names).size === names.length && !names.some((name) => isNumber.test(name))
  );
}
