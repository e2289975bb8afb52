import { analyse } from "chardet";

/** Text decoded from bytes. */
export interface DecodedText {
  text: string;
  /** Name of the encoding, as the WHATWG Encoding Standard spells it. */
  encoding: string;
  /** Number of undecodable characters, U+FFFD in `text`. */
  bad: number;
}

/** External information about the bytes. */
export interface CharsetHints {
  /** Charset of a Content-Type header. */
  declared?: string | undefined;
  /** Markup may declare its charset itself. */
  markup?: boolean;
  /** The bytes are a prefix of a longer text and may end inside a character. */
  cut?: boolean;
}

interface Candidate {
  encoding: string;
  /** 0 to 1. */
  confidence: number;
}

const headBytes = 4_096;
const sampleBytes = 64 * 1024;
const leastConfidence = 0.2;
/** Maximum invalid sequences per valid one, and per character. */
const badPerGood = 1 / 3;
const badShare = 0.02;
const metaCharset = /<meta\s[^>]{0,500}?charset\s{0,9}=\s{0,9}["']?([\w:.-]{2,40})/i;
const xmlEncoding = /^\s{0,99}<\?xml\s[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([\w:.-]{2,40})["']/;

/**
 * Decodes text, trying in this order: byte order mark, valid UTF-8, the declared charset, the charset
 * declared in markup, UTF-8 with a few invalid bytes, detection. Undefined if the encoding can't be
 * determined.
 */
export function decodeText(bytes: Uint8Array, hints: CharsetHints = {}): DecodedText | undefined {
  const marked = byMark(bytes);
  if (marked !== undefined) return decodedAs(bytes, marked, hints);
  if (bytes.includes(0)) {
    const wide = wideWithoutMark(bytes);
    return wide === undefined ? undefined : decodedAs(bytes, wide, hints);
  }
  const isEscaped = indexOfAny(bytes, ["\x1b$B", "\x1b$@", "\x1b(J"]);
  if (isEscaped) return decodedAs(bytes, "iso-2022-jp", hints);
  const utf8 = decodedAs(bytes, "utf-8", hints);
  if (utf8.bad === 0) return utf8;
  for (const label of declaredCharsets(bytes, hints)) {
    const encoding = encodingOf(label);
    if (encoding === undefined || encoding === "utf-8") continue;
    const found = decodedAs(bytes, encoding, hints);
    if (found.bad <= Math.max(2, found.text.length * badShare)) return found;
  }
  if (isMostlyUtf8(bytes, utf8)) return utf8;
  return detected(bytes, hints);
}

/** The name of the encoding of a label such as `latin1`; undefined for unknown ones. */
export function encodingOf(label: string): string | undefined {
  try {
    const { encoding } = new TextDecoder(label.trim());
    // A UTF-16 declaration was readable as ASCII, so it is wrong; the standard maps it to UTF-8.
    return encoding.startsWith("utf-16") ? "utf-8" : encoding;
  } catch {
    return undefined;
  }
}

function byMark(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return "utf-8";
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return "utf-32le";
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return "utf-32be";
  if (a === 0xff && b === 0xfe) return "utf-16le";
  return a === 0xfe && b === 0xff ? "utf-16be" : undefined;
}

/**
 * Detects UTF-16 without a byte order mark: in one byte order, nearly all characters are of a common script.
 */
function wideWithoutMark(bytes: Uint8Array): string | undefined {
  const sample = bytes.subarray(0, Math.min(bytes.length - (bytes.length % 2), sampleBytes));
  const zeros = [0, 0];
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  // ASCII in the wrong order looks like Chinese; the zero high bytes reveal the order.
  const order = even > odd ? ["utf-16be", "utf-16le"] : ["utf-16le", "utf-16be"];
  return order.find((encoding) => {
    const text = new TextDecoder(encoding).decode(sample);
    return (text.match(commonCharacters)?.length ?? 0) >= text.length * leastCommon;
  });
}

const leastCommon = 0.97;
const commonCharacters =
  /[\t\r\n -~\u00a0-\u052f\u0590-\u06ff\u0e00-\u0e7f\u1e00-\u206f\u20a0-\u22ff\u2500-\u27bf\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7af\uff00-\uffef]/g;

function declaredCharsets(bytes: Uint8Array, { declared, markup }: CharsetHints): string[] {
  const head = markup === true ? Buffer.from(bytes.subarray(0, headBytes)).toString("latin1") : "";
  return [declared, xmlEncoding.exec(head)?.[1], metaCharset.exec(head)?.[1]].filter(
    (label) => label !== undefined,
  );
}

function decodedAs(bytes: Uint8Array, encoding: string, { cut = false }: CharsetHints): DecodedText {
  const text = stripMark(textOf(bytes, encoding, cut));
  return { text, encoding, bad: count(text, "\ufffd") - (encoding === "utf-8" ? ownReplacements(bytes) : 0) };
}

function textOf(bytes: Uint8Array, encoding: string, cut: boolean): string {
  if (encoding === "utf-32le" || encoding === "utf-32be") return utf32(bytes, encoding === "utf-32le");
  // Some Node.js releases decode windows-1252 as ISO-8859-1.
  if (encoding === "windows-1252")
    return Buffer.from(bytes)
      .toString("latin1")
      .replace(/[\x80-\x9f]/g, (char) => windows1252[char.charCodeAt(0) - 0x80] ?? char);
  return new TextDecoder(encoding).decode(bytes, { stream: cut });
}

const windows1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

function utf32(bytes: Uint8Array, little: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: string[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const code = view.getUint32(at, little);
    parts.push(code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code));
  }
  return parts.join("");
}

function stripMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

function count(text: string, wanted: string): number {
  let found = 0;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) found += 1;
  return found;
}

/** Number of U+FFFD encoded in the bytes. */
function ownReplacements(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wanted = Buffer.from("\ufffd");
  let found = 0;
  for (let at = buffer.indexOf(wanted); at >= 0; at = buffer.indexOf(wanted, at + 3)) found += 1;
  return found;
}

function indexOfAny(bytes: Uint8Array, wanted: readonly string[]): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.includes(0x1b) && wanted.some((text) => buffer.includes(text, 0, "latin1"));
}

/** Whether valid multibyte sequences far outnumber invalid ones, which are few in total. */
function isMostlyUtf8(bytes: Uint8Array, { text, bad }: DecodedText): boolean {
  // Count the valid multibyte sequences.
  const good = [...text.matchAll(/[^\p{ASCII}\ufffd]/gu)].length;
  if (bad <= good * badPerGood && bad <= Math.max(2, text.length * badShare)) return true;
  // ASCII text truncated inside its only multibyte character.
  return good === 0 && bad === 1 && bytes.length > 20 && /\ufffd$/.test(text) && (bytes.at(-1) ?? 0) >= 0xc2;
}

function detected(bytes: Uint8Array, hints: CharsetHints): DecodedText | undefined {
  const sample = sampleOf(bytes);
  const candidates = [...chineseBySight(sample), ...byStatistics(sample)].toSorted(
    (one, other) => other.confidence - one.confidence,
  );
  const foreign = sample.reduce((sum, byte) => sum + (byte >= 0x80 ? 1 : 0), 0);
  for (const { encoding, confidence } of candidates) {
    if (confidence < leastConfidence) return undefined;
    const found = decodedAs(bytes, encoding, hints);
    if (found.bad <= (foreign > 40 ? found.text.length * badShare : 0)) return found;
  }
  return undefined;
}

function byStatistics(sample: Uint8Array): Candidate[] {
  return analyse(sample).flatMap(({ name, confidence }) => {
    const encoding = encodingOf(name);
    if (encoding === undefined || encoding === "utf-8") return [];
    // A few accents are weak evidence; prefer Western European as the most common.
    const prior = fewAccents(sample) && encoding === "windows-1252" ? 0.5 : 0;
    return [{ encoding, confidence: (confidence / 100 + prior) * plausibility(sample, encoding) }];
  });
}

/** Whether fewer than four non-ASCII letters occur, each between ASCII letters. */
function fewAccents(sample: Uint8Array): boolean {
  const accents = sample.filter((byte) => byte >= 0x80).length;
  return accents < 4 && accents * 4 < sample.length;
}

/**
 * Detects short Chinese texts, for which statistics fail: nearly all characters are among the 3,755 most
 * common ones, which GB 2312 groups in rows B0 to D7. Korean and Japanese in the same rows differ in other
 * bytes.
 */
function chineseBySight(sample: Uint8Array): Candidate[] {
  let [common, punctuation, kana, other] = [0, 0, 0, 0];
  for (let at = 0; at < sample.length; at++) {
    const lead = sample[at] ?? 0;
    if (lead < 0x80) continue;
    const trail = sample[at + 1] ?? 0;
    at += 1;
    if (trail < 0xa1) other += 1;
    else if (lead >= 0xb0 && lead <= 0xd7) common += 1;
    else if (lead === 0xa1 || lead === 0xa3) punctuation += 1;
    else if (lead === 0xa4 || lead === 0xa5) kana += 1;
    else other += 1;
  }
  const all = common + punctuation + kana + other;
  if (all === 0 || kana > all / 10) return [];
  const share = (common + punctuation) / all;
  return share < 0.85 || common === 0
    ? []
    : [{ encoding: "gb18030", confidence: 0.6 * share * plausibility(sample, "gb18030") }];
}

const oddCharacters =
  /[\ufffd\p{Co}\p{Cn}\x80-\x9f\u3400-\u4dbf\uf900-\ufaff\uff61-\uff9f]|[a-z]\p{Script=Han}[a-z]|[A-Za-z]\p{Script=Han}(?=[a-z])/gu;

/**
 * Plausibility of a decoding; private, unassigned and rare characters, and ideographs in Latin words, lower
 * it.
 */
function plausibility(sample: Uint8Array, encoding: string): number {
  const text = textOf(sample, encoding, true);
  const foreign = [...text.matchAll(/\P{ASCII}/gu)].length;
  if (foreign === 0) return 0;
  const odd = [...text.matchAll(oddCharacters)].length;
  return Math.max(0, 1 - (2 * odd) / foreign);
}

/** The bytes around non-ASCII ones, as only these are relevant for detection. */
function sampleOf(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= sampleBytes) return bytes;
  const parts: Uint8Array[] = [];
  let size = 0;
  let from = 0;
  while (size < sampleBytes) {
    while (from < bytes.length && (bytes[from] ?? 0) < 0x80) from += 1;
    if (from >= bytes.length) break;
    const part = bytes.subarray(from, from + 4_096);
    parts.push(part);
    size += part.length;
    from += part.length;
  }
  return parts.length === 0 ? bytes.subarray(0, sampleBytes) : Buffer.concat(parts);
}
