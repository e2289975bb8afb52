import iconv from "iconv-lite";
import type { Fixture } from "./fixture.ts";

const texts = {
  zh: "行李的最大重量是二十三公斤。\n超出部分按每公斤五十元付费。",
  tw: "行李的最大重量是二十三公斤。\n超過的部分需要另外付費,請洽櫃檯人員。",
  ja: "手荷物の重さは二十三キロまでです。\n超過分は追加料金がかかります。",
  ko: "수하물의 최대 무게는 이십삼 킬로그램입니다.\n초과분은 추가 요금이 부과됩니다.",
  de: "Herr Müller wohnt in der Königstraße 5 in Düsseldorf.\nDas Gepäck kostet 35 € extra.",
  fr: "Le poids maximal est de vingt-trois kilos à l’aéroport.\nL’excédent est facturé au départ.",
  ru: "Максимальный вес багажа составляет двадцать три килограмма.\nИзлишек оплачивается отдельно.",
  pl: "Maksymalna waga bagażu wynosi dwadzieścia trzy kilogramy.\nNadwyżka jest płatna, proszę pytać obsługę.",
  el: "Το μέγιστο βάρος των αποσκευών είναι είκοσι τρία κιλά.\nΤο επιπλέον βάρος χρεώνεται.",
};

const encodings: [name: string, text: keyof typeof texts, encoding: string][] = [
  ["gbk.txt", "zh", "gbk"],
  ["gb18030.txt", "zh", "gb18030"],
  ["big5.txt", "tw", "big5"],
  ["shift-jis.txt", "ja", "shift_jis"],
  ["euc-jp.txt", "ja", "euc-jp"],
  ["euc-kr.txt", "ko", "euc-kr"],
  ["windows-1252.txt", "de", "windows-1252"],
  ["french-1252.txt", "fr", "windows-1252"],
  ["windows-1251.txt", "ru", "windows-1251"],
  ["koi8-r.txt", "ru", "koi8-r"],
  ["windows-1250.txt", "pl", "windows-1250"],
  ["greek.txt", "el", "windows-1253"],
  ["utf-16le.txt", "zh", "utf-16le"],
  ["utf-16be.txt", "de", "utf-16be"],
];

/** Plain texts in the encodings of various systems, intact and damaged. */
export function textFixtures(): Fixture[] {
  return [...encodings.map(encoded), ...declared(), ...damaged()];
}

function encoded([name, key, encoding]: (typeof encodings)[number]): Fixture {
  const text = texts[key] ?? texts.de;
  return { name, type: "text/plain", bytes: iconv.encode(text, encoding), expected: text.split("\n") };
}

function declared(): Fixture[] {
  const short = "Größe: 23 kg";
  const page = (meta: string, text: string) =>
    `<!DOCTYPE html><html><head>${meta}<title>Rules</title></head><body><p>${text}</p></body></html>`;
  const lines = (text: string) => text.split("\n")[0] ?? "";
  const httpEquiv = '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">';
  return [
    {
      name: "header.html",
      type: "text/html",
      charset: "ISO-8859-1",
      bytes: iconv.encode(page("", short), "windows-1252"),
      expected: [short],
    },
    {
      name: "meta.html",
      type: "text/html",
      bytes: iconv.encode(page(httpEquiv, lines(texts.ja)), "shift_jis"),
      expected: [lines(texts.ja)],
    },
    {
      name: "meta-gbk.html",
      type: "text/html",
      bytes: iconv.encode(page('<meta charset="gb2312">', lines(texts.zh)), "gbk"),
      expected: [lines(texts.zh)],
    },
    {
      name: "lying-meta.html",
      type: "text/html",
      bytes: Buffer.from(page('<meta charset="gb2312">', lines(texts.zh))),
      expected: [lines(texts.zh)],
    },
    {
      name: "declared.xml",
      type: "application/xml",
      bytes: iconv.encode(
        `<?xml version="1.0" encoding="windows-1251"?><a><b>${lines(texts.ru)}</b></a>`,
        "windows-1251",
      ),
      expected: [lines(texts.ru)],
    },
    {
      name: "latin1.csv",
      type: "text/csv",
      charset: "iso-8859-1",
      bytes: iconv.encode("Name;Ort\nMüller;Köln\n", "latin1"),
      expected: ["Name: Müller; Ort: Köln"],
    },
    {
      name: "iso-2022-jp.txt",
      type: "text/plain",
      bytes: Buffer.from("1b2442 3c6a 3259 4a2a 1b2842 204b47".replaceAll(" ", ""), "hex"),
      expected: ["手荷物 KG"],
    },
  ];
}

function damaged(): Fixture[] {
  const zh = Buffer.from(`${texts.zh}\n`.repeat(5));
  const [first = "", second = ""] = texts.zh.split("\n");
  const bad = { warning: /无法按编码读出/ };
  return [
    {
      name: "one-bad-byte.txt",
      type: "text/plain",
      bytes: Buffer.concat([zh, Buffer.from([0xff]), zh]),
      expected: [first, second],
      ...bad,
    },
    {
      name: "bad-bytes.html",
      type: "text/html",
      bytes: Buffer.concat([
        Buffer.from(`<p>${first}</p>`),
        Buffer.from([0xe4, 0xff]),
        Buffer.from(`<p>${second}</p>`),
      ]),
      expected: [first, second],
      ...bad,
    },
    { name: "cut.log", type: "text/plain", bytes: zh.subarray(0, -3), expected: [first], ...bad },
    {
      name: "mark.txt",
      type: "text/plain",
      bytes: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), zh]),
      expected: [first],
    },
    { name: "noise.txt", type: "text/plain", bytes: noise(4_000), expected: [], fails: /编码|无法识别/ },
    {
      name: "private.txt",
      type: "text/plain",
      bytes: Buffer.from("\ue001\ue002\ue003\ue004 \ue005".repeat(20)),
      expected: [],
      fails: /无法识别/,
    },
    {
      name: "blank.txt",
      type: "text/plain",
      bytes: Buffer.from(" \n\t\n"),
      expected: [],
      fails: /没有可提取的文字/,
    },
  ];
}

/** Deterministic pseudo-random bytes without zeros. */
function noise(length: number): Buffer {
  let state = 12_345;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return 1 + ((state >> 8) % 255);
    }),
  );
}
