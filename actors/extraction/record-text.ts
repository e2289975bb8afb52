import { parse } from "csv-parse/sync";

const maxDepth = 64;

/** A table as sentences: one line a row, each value with the name of its column, so that a row is understood alone. */
export function csvToText(csv: string): string {
  const options = { bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true };
  const delimiter = [",", ";", "\t"].toSorted((a, b) => firstLine(csv, b) - firstLine(csv, a))[0] ?? ",";
  const [head = [], ...rows] = parse(csv, { ...options, delimiter }) as string[][];
  if (rows.length === 0) return head.join(", ");
  return rows
    .map((row) => row.map((value, i) => `${head[i] ?? i + 1}: ${value.trim()}`).join("; "))
    .join("\n");
}

function firstLine(text: string, delimiter: string): number {
  return text.slice(0, text.indexOf("\n")).split(delimiter).length;
}

/** JSON as lines of `path: value`. @throws SyntaxError where it is no JSON. */
export function jsonToText(json: string): string {
  const lines: string[] = [];
  const walk = (value: unknown, path: string, depth: number): void => {
    if (depth > maxDepth) lines.push(`${path}: …`);
    else if (Array.isArray(value))
      for (const [i, item] of value.entries()) walk(item, `${path}[${i}]`, depth + 1);
    else if (typeof value === "object" && value !== null)
      for (const [key, item] of Object.entries(value))
        walk(item, path === "" ? key : `${path}.${key}`, depth + 1);
    else lines.push(path === "" ? String(value) : `${path}: ${String(value)}`);
  };
  walk(JSON.parse(json.replace(/^\uFEFF/, "")), "", 0);
  return lines.join("\n");
}
