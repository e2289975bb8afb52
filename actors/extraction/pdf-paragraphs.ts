import type { ExtractedText } from "./extracted-text.ts";
import type { PageLine } from "./pdf-lines.ts";

/** A gap of this many line heights starts a paragraph. */
const paragraphGap = 1.7;
/** A line shorter than this share of the widest one ends a paragraph. */
const fullWidth = 0.8;
const listItem = /^(?:[-•▪◦‣·*●○]\s|\d{1,3}[.)、]\s?\D|[(（]\d{1,3}[)）])/;
const sentenceEnd = /[.!?。！？;；:：…]["'”’」』）)]*$/;
const wide = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/;
const lowerCase = /^\p{Ll}/u;
const hyphenated = /\p{L}[-\u00ad\u2010]$/u;

/** Joins the lines of pages into continuous text and records the start of each page. */
export class PageText {
  readonly #pages: PageLine[][] = [];
  readonly #values: string[][] = [];
  readonly #words = new Set<string>();

  addPage(lines: PageLine[], values: string[]): void {
    this.#pages.push(lines);
    this.#values.push(values);
    for (const { text } of lines)
      for (const [word] of text.matchAll(/\p{L}+(?:-\p{L}+)*/gu)) this.#words.add(word);
  }

  end(): ExtractedText {
    let text = "";
    const pages: number[] = [];
    let before: PageLine | undefined;
    for (const [i, lines] of this.#pages.entries()) {
      const width = Math.max(0, ...lines.map(({ right }) => right));
      for (const [place, line] of lines.entries()) {
        text = this.#joined(text, before, line, { turned: place === 0, width });
        if (place === 0) pages[i] = text.length - line.text.length;
        before = line;
      }
      pages[i] ??= text.length;
      const values = (this.#values[i] ?? []).join("\n");
      if (values === "") continue;
      text = text === "" ? values : `${text}\n\n${values}`;
      before = undefined;
    }
    return { text, pages };
  }

  #joined(
    text: string,
    before: PageLine | undefined,
    line: PageLine,
    { turned, width }: { turned: boolean; width: number },
  ): string {
    if (text === "") return line.text;
    if (before === undefined) return `${text}\n\n${line.text}`;
    if (hyphenated.test(text) && lowerCase.test(line.text)) return this.#dehyphenated(text, line.text);
    if (listItem.test(line.text)) return `${text}\n${line.text}`;
    const gap = before.y - line.y;
    const height = Math.max(before.height, line.height, 1);
    const apart = turned || gap <= 0 || gap > 40 * height;
    if (!apart && gap > paragraphGap * height) return `${text}\n\n${line.text}`;
    if (sentenceEnd.test(before.text)) return `${text}${apart ? "\n\n" : "\n"}${line.text}`;
    const isFull = before.right >= fullWidth * width;
    const runsOn =
      lowerCase.test(line.text) || (wide.test(before.text.at(-1) ?? "") && wide.test(line.text[0] ?? ""));
    if (apart ? !runsOn : !(isFull || lowerCase.test(line.text))) return `${text}\n${line.text}`;
    const isWide = wide.test(before.text.at(-1) ?? "") && wide.test(line.text[0] ?? "");
    return `${text}${isWide ? "" : " "}${line.text}`;
  }

  /** Removes the hyphen, unless the hyphenated word occurs elsewhere. */
  #dehyphenated(text: string, next: string): string {
    const first = /(\p{L}+)[-\u00ad\u2010]$/u.exec(text.slice(-60))?.[1] ?? "";
    const second = /^\p{L}+/u.exec(next)?.[0] ?? "";
    const keeps = this.#words.has(`${first}-${second}`) && !this.#words.has(first + second);
    return keeps ? text + next : text.slice(0, -1) + next;
  }
}
