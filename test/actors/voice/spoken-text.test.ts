import test from "ava";
import { chineseNumber } from "../../../actors/voice/text/chinese-numbers.ts";
import { spokenText } from "../../../actors/voice/text/spoken-text.ts";

test("numbers are said in Chinese as people say them", (t) => {
  const numbers: Record<string, string> = {
    "0": "零",
    "7": "七",
    "10": "十",
    "12": "十二",
    "20": "二十",
    "105": "一百零五",
    "110": "一百一十",
    "1005": "一千零五",
    "1200": "一千二百",
    "10000": "一万",
    "10005": "一万零五",
    "100200": "十万零二百",
    "12345678": "一千二百三十四万五千六百七十八",
    "3.14": "三点一四",
    "007": "零零七",
  };
  for (const [digits, words] of Object.entries(numbers)) t.is(chineseNumber(digits), words, digits);
});

test("what is written for the eye is read for the ear, in Chinese and English", (t) => {
  const texts: [string, string][] = [
    ["会议在2026-11-27 14:05开始。", "会议在二零二六年十一月二十七日 十四点零五分开始。"],
    ["气温25℃,湿度60%。", "气温二十五摄氏度,湿度百分之六十。"],
    ["一共¥1,200,重3.5kg。", "一共一千二百元,重三点五公斤。"],
    ["请打13800138000。", "请打一三八零零一三八零零零。"],
    ["需要3-5天。", "需要三到五天。"],
    ["见https://example.com/a?b=1。", "见example 点 com。"],
    ["运行 `make_run` 即可。", "运行 make run 即可。"],
    ["型号是KX901。", "型号是KX901。"],
    ["The meeting is on 2026-11-27.", "The meeting is on November 27, 2026."],
    [
      "It costs $5 and weighs 1 kg, or 2.5 kg.",
      "It costs 5 dollars and weighs 1 kilogram, or 2.5 kilograms.",
    ],
    ["Rain: 60% at 25°C.", "Rain: 60 percent at 25 degrees Celsius."],
    ["Write to a.b@c.com or see www.example.org", "Write to a dot b at c dot com or see example dot org"],
    ["It takes 3-5 days.", "It takes 3 to 5 days."],
    ["Plain words stay as they are.", "Plain words stay as they are."],
  ];
  for (const [text, spoken] of texts) t.is(spokenText(text), spoken, text);
});

test("long texts take time in proportion", (t) => {
  for (const unit of ["1", "1,", "https://a.", "a@", "`", "**", "1-", "2026-", "¥", "年1"]) {
    const began = process.cpuUsage();
    spokenText(unit.repeat(20_000));
    const { user } = process.cpuUsage(began);
    t.true(user < 3_000_000, unit);
  }
});
