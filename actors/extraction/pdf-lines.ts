/** A text run of pdf.js. `transform` ends with the position of its left end on the baseline. */
export interface TextItem {
  str: string;
  transform: unknown[];
  width: number;
  height: number;
  hasEOL: boolean;
}

/** A line of a page, in points from the lower left corner. */
export interface PageLine {
  text: string;
  left: number;
  right: number;
  y: number;
  height: number;
}

/** Joins text runs into lines. */
export function linesOf(items: readonly TextItem[]): PageLine[] {
  const lines: PageLine[] = [];
  let open: PageLine | undefined;
  for (const { str, transform, width, height, hasEOL } of items) {
    const [x, y] = [Number(transform[4]), Number(transform[5])];
    if (str !== "") {
      if (open === undefined) open = { text: str, left: x, right: x + width, y, height };
      else {
        open.text += str;
        open.left = Math.min(open.left, x);
        open.right = Math.max(open.right, x + width);
        open.height = Math.max(open.height, height);
      }
    }
    if (hasEOL && open !== undefined) {
      lines.push(open);
      open = undefined;
    }
  }
  if (open !== undefined) lines.push(open);
  return lines.flatMap((line) => {
    const text = line.text.replace(/[\s\u00a0]+/g, " ").trim();
    return text === "" ? [] : [{ ...line, text }];
  });
}

/** Number of lines at the top and bottom that may be headers or footers; one on short pages. */
const edgeLines = 2;
const shortPage = 6;
const sentenceEnd = /[.!?。！？]$/;
const fewestRepeats = 3;
const pageNumber =
  /^[-–—\s]*(?:page\s*|p\.\s*|第\s*)?\d{1,4}(?:\s*(?:\/|of|页,?\s*共)\s*\d{1,4})?\s*页?[-–—\s]*$/i;

/** Removes page numbers, and edge lines that repeat on at least half of the pages and at least three. */
export function withoutRunningLines(pages: readonly PageLine[][]): PageLine[][] {
  const counts = new Map<string, number>();
  for (const lines of pages)
    for (const key of new Set(edgesOf(lines).map(keyOf))) counts.set(key, (counts.get(key) ?? 0) + 1);
  const needed = Math.max(fewestRepeats, pages.length / 2);
  return pages.map((lines) => {
    const edges = new Set(edgesOf(lines));
    return lines.filter((line) => {
      if (!edges.has(line)) return true;
      const isNumber = pages.length > 1 && pageNumber.test(line.text);
      return !isNumber && (sentenceEnd.test(line.text) || (counts.get(keyOf(line)) ?? 0) < needed);
    });
  });
}

function edgesOf(lines: readonly PageLine[]): PageLine[] {
  const count = lines.length <= shortPage ? 1 : edgeLines;
  return [...new Set([...lines.slice(0, count), ...lines.slice(-count)])];
}

/** Equal for lines at the same height that differ only in numbers. */
function keyOf({ text, y }: PageLine): string {
  return `${Math.round(y / 3)} ${text.replace(/\d+/g, "#")}`;
}
