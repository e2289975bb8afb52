import { chineseDigits, chineseNumber } from "./chinese-numbers.ts";

const chinese = /\p{Script=Han}/u;
const months = "January February March April May June July August September October November December".split(
  " ",
);

/** Units after a number: Chinese, English singular and plural. */
const units: Record<string, readonly [zh: string, one: string, several: string]> = {
  "km/h": ["公里每小时", "kilometre per hour", "kilometres per hour"],
  km: ["公里", "kilometre", "kilometres"],
  cm: ["厘米", "centimetre", "centimetres"],
  mm: ["毫米", "millimetre", "millimetres"],
  kg: ["公斤", "kilogram", "kilograms"],
  mg: ["毫克", "milligram", "milligrams"],
  ml: ["毫升", "millilitre", "millilitres"],
  mL: ["毫升", "millilitre", "millilitres"],
  kWh: ["千瓦时", "kilowatt hour", "kilowatt hours"],
  kW: ["千瓦", "kilowatt", "kilowatts"],
  GB: ["G B", "gigabyte", "gigabytes"],
  MB: ["兆", "megabyte", "megabytes"],
  ms: ["毫秒", "millisecond", "milliseconds"],
  "°C": ["摄氏度", "degree Celsius", "degrees Celsius"],
  "℃": ["摄氏度", "degree Celsius", "degrees Celsius"],
  "°F": ["华氏度", "degree Fahrenheit", "degrees Fahrenheit"],
  "%": ["", "percent", "percent"],
  "m²": ["平方米", "square metre", "square metres"],
};
const currencies: Record<string, readonly [zh: string, one: string, several: string]> = {
  "¥": ["元", "yuan", "yuan"],
  "￥": ["元", "yuan", "yuan"],
  $: ["美元", "dollar", "dollars"],
  "€": ["欧元", "euro", "euros"],
  "£": ["英镑", "pound", "pounds"],
};
const number = "(\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?|\\d+(?:\\.\\d+)?)";
const unitPattern = new RegExp(
  `${number}\\s?(km/h|km|cm|mm|kg|mg|ml|mL|kWh|kW|GB|MB|ms|°C|℃|°F|%|m²)(?![\\p{Script=Latin}\\d])`,
  "gu",
);
const currencyPattern = new RegExp(`([¥￥$€£])\\s?${number}`, "gu");
const urlPattern =
  /\b(?:https?:\/\/|www\.)([\p{L}\d.-]{1,200})(?::\d{1,5})?[^\s<>"'，。！？；、（）]{0,1000}/giu;
const emailPattern = /\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}/g;

/**
 * Normalizes a text for speech: dates, amounts, units and addresses in words, without code markup. In Chinese
 * texts, numbers become Chinese words; in other texts, the engine reads them.
 */
export function spokenText(text: string): string {
  const zh = chinese.test(text);
  const plain = withoutMarks(text)
    .replace(urlPattern, (_, host: string) => addressOf(host.replace(/[.-]+$/, ""), zh))
    .replace(emailPattern, (address) => addressOf(address, zh))
    .replace(/\b(\d{4})[-/](\d{1,2})[-/](\d{1,2})\b/g, (found, year, month, day) =>
      dateOf(found, [year, month, day], zh),
    )
    .replace(currencyPattern, (_, sign: string, amount: string) => quantity(amount, currencies[sign], zh))
    .replace(unitPattern, (_, amount: string, unit: string) =>
      unit === "%" && zh ? `百分之${said(amount)}` : quantity(amount, units[unit], zh),
    );
  return zh ? chineseText(plain) : englishText(plain);
}

function withoutMarks(text: string): string {
  return text
    .replace(/```[^\n`]{0,40}\n?/g, " ")
    .replace(/`([^`\n]{1,200})`/g, (_, code: string) => code.replace(/_+/g, " ").trim())
    .replace(/\*\*([^*\n]{1,500})\*\*/g, "$1")
    .replace(/^#{1,6}\s+/gm, "");
}

function addressOf(address: string, zh: boolean): string {
  const [dot, at] = zh ? [" 点 ", " 艾特 "] : [" dot ", " at "];
  return address.replaceAll(".", dot).replace("@", at);
}

function dateOf(found: string, [year = "", month = "", day = ""]: string[], zh: boolean): string {
  const [m, d] = [Number(month), Number(day)];
  if (m < 1 || m > 12 || d < 1 || d > 31) return found;
  return zh
    ? `${chineseDigits(year)}年${chineseNumber(String(m))}月${chineseNumber(String(d))}日`
    : `${months[m - 1]} ${d}, ${year}`;
}

function quantity(amount: string, names: readonly [string, string, string] | undefined, zh: boolean): string {
  const [chineseName = "", one = "", several = ""] = names ?? [];
  if (zh) return `${said(amount)}${chineseName}`;
  return `${amount.replaceAll(",", "")} ${amount === "1" ? one : several}`;
}

function said(amount: string): string {
  return chineseNumber(amount.replaceAll(",", ""));
}

function chineseText(text: string): string {
  return text
    .replace(/(\d{4})年/g, (_, year: string) => `${chineseDigits(year)}年`)
    .replace(/\b([01]?\d|2[0-3]):([0-5]\d)\b/g, (_, hour: string, minute: string) =>
      minute === "00"
        ? `${chineseNumber(String(Number(hour)))}点`
        : `${chineseNumber(String(Number(hour)))}点${minute.startsWith("0") ? "零" : ""}${chineseNumber(String(Number(minute)))}分`,
    )
    .replace(/(\d+)\s?[-~–]\s?(\d+)(?![\d-])/g, (_, from: string, to: string) => `${said(from)}到${said(to)}`)
    .replace(
      /(?<![\p{Script=Latin}\d.])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\p{Script=Latin}\d])/gu,
      (amount) =>
        // Phone and order numbers are read digit by digit.
        /^\d{7,}$/.test(amount) ? chineseDigits(amount) : said(amount),
    );
}

function englishText(text: string): string {
  return text
    .replace(/\b(\d{1,4})\s?[-–]\s?(\d{1,4})\b(?![-–\d])/g, "$1 to $2")
    .replace(/\b\d{8,}\b/g, (digits) => [...digits].join(" "))
    .replace(/\s&\s/g, " and ");
}
