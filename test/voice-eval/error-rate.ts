const ones = (
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " +
  "seventeen eighteen nineteen"
).split(" ");
const tens = "  twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

/** Words of an English text as they are compared: lower case, no punctuation, numbers in words. */
export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/[’']/g, "")
    .replace(/(\d),(?=\d{3})/g, "$1")
    .replace(/\d+/g, (digits) => ` ${inWords(Number(digits))} `)
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()
    .split(" ")
    .filter((word) => word !== "");
}

/** Characters of a Chinese text as they are compared: no punctuation, no blanks, digits as they are read. */
export function charactersOf(text: string): string[] {
  const digits = "〇一二三四五六七八九";
  return [...text.replace(/\d/g, (digit) => digits[Number(digit)] ?? digit).replace(/[^\p{L}\p{N}]/gu, "")];
}

/** Insertions, deletions and replacements over the length of what was said. */
export function errorRate(said: readonly string[], heard: readonly string[]): number {
  return said.length === 0 ? Number(heard.length > 0) : distance(said, heard) / said.length;
}

/** The least number of insertions, deletions and replacements between two lists. */
export function distance(from: readonly string[], to: readonly string[]): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, item] of from.entries()) {
    const next = [i + 1];
    for (const [j, other] of to.entries()) {
      const replaced = (row[j] ?? 0) + Number(item !== other);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

function inWords(value: number): string {
  if (value < 20) return ones[value] ?? "";
  if (value < 100) return `${tens[Math.floor(value / 10)]}${value % 10 > 0 ? ` ${ones[value % 10]}` : ""}`;
  if (value < 1_000) return `${ones[Math.floor(value / 100)]} hundred${rest(value % 100)}`;
  if (value < 1_000_000) return `${inWords(Math.floor(value / 1_000))} thousand${rest(value % 1_000)}`;
  return String(value);
}

function rest(value: number): string {
  return value === 0 ? "" : ` ${inWords(value)}`;
}
