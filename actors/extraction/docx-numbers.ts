import type { Element } from "domhandler";
import { attributeOf, childAt, childrenOf } from "./docx-xml.ts";

interface Level {
  start: number;
  format: string;
  /** Format such as `第%1条`; `%1` is the number of the first level. */
  text: string;
}

/** Numbering of the paragraphs of a Word document, in reading order. */
export class DocxNumbers {
  readonly #levels = new Map<string, Level[]>();
  readonly #abstractOf = new Map<string, string>();
  readonly #counters = new Map<string, number[]>();

  constructor(numbering: Element | undefined) {
    for (const abstract of childrenOf(numbering, "abstractNum"))
      this.#levels.set(attributeOf(abstract, "abstractNumId") ?? "", levelsOf(abstract));
    for (const number of childrenOf(numbering, "num")) {
      const id = attributeOf(number, "numId") ?? "";
      this.#abstractOf.set(id, attributeOf(childAt(number, "abstractNumId"), "val") ?? "");
    }
  }

  /** Label of the next paragraph of a list; empty if the list is undefined or has no label. */
  next(numberId: string, level: number): string {
    const abstract = this.#abstractOf.get(numberId) ?? "";
    const levels = this.#levels.get(abstract) ?? [];
    const own = levels[level];
    if (own === undefined) return "";
    const counters = this.#counters.get(abstract) ?? [];
    this.#counters.set(abstract, counters);
    counters[level] = (counters[level] ?? own.start - 1) + 1;
    counters.length = level + 1;
    if (own.format === "bullet") return "- ";
    if (own.format === "none") return "";
    const label = own.text.replace(/%([1-9])/g, (_, place: string) => {
      const at = Number(place) - 1;
      const { format = "decimal", start = 1 } = levels[at] ?? {};
      return formatted(counters[at] ?? start, format);
    });
    return label === "" ? "" : `${label} `;
  }
}

function levelsOf(abstract: Element): Level[] {
  const levels: Level[] = [];
  for (const level of childrenOf(abstract, "lvl")) {
    const value = (name: string) => attributeOf(childAt(level, name), "val");
    levels[Number(attributeOf(level, "ilvl") ?? 0)] = {
      start: Number(value("start") ?? 1),
      format: value("numFmt") ?? "decimal",
      text: value("lvlText") ?? "",
    };
  }
  return levels;
}

const chineseDigits = "〇一二三四五六七八九";

function formatted(value: number, format: string): string {
  if (format === "lowerLetter") return letters(value);
  if (format === "upperLetter") return letters(value).toUpperCase();
  if (format === "lowerRoman") return roman(value).toLowerCase();
  if (format === "upperRoman") return roman(value);
  if (
    /^(chineseCounting|chineseCountingThousand|japaneseCounting|ideographDigital|taiwaneseCounting)/.test(
      format,
    )
  )
    return chinese(value);
  if (format === "decimalZero") return String(value).padStart(2, "0");
  if (format === "decimalEnclosedCircle" && value >= 1 && value <= 20)
    return String.fromCodePoint(0x245f + value);
  return String(value);
}

function letters(value: number): string {
  const letter = String.fromCodePoint(97 + ((value - 1) % 26));
  return letter.repeat(Math.min(9, Math.floor((value - 1) / 26) + 1));
}

function roman(value: number): string {
  const signs: [string, number][] = [
    ["M", 1000],
    ["CM", 900],
    ["D", 500],
    ["CD", 400],
    ["C", 100],
    ["XC", 90],
    ["L", 50],
    ["XL", 40],
    ["X", 10],
    ["IX", 9],
    ["V", 5],
    ["IV", 4],
    ["I", 1],
  ];
  let left = Math.min(Math.max(0, value), 9_999);
  let text = "";
  for (const [sign, worth] of signs) for (; left >= worth; left -= worth) text += sign;
  return text;
}

/** 1 to 99 in Chinese words; larger numbers digit by digit. */
function chinese(value: number): string {
  if (value < 1 || value > 99)
    return [...String(value)].map((digit) => chineseDigits[Number(digit)]).join("");
  const [tens, ones] = [Math.floor(value / 10), value % 10];
  const head = tens === 0 ? "" : `${tens === 1 ? "" : chineseDigits[tens]}十`;
  return head + (ones === 0 ? "" : (chineseDigits[ones] ?? ""));
}
