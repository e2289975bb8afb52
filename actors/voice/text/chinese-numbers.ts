const digits = "零一二三四五六七八九";
const small = ["", "十", "百", "千"];
const large = ["", "万", "亿", "万亿"];
/** Numbers with at least this many digits, such as phone numbers, are read digit by digit. */
const longest = 12;

/** A number in spoken Chinese; `text`: digits, optionally with a decimal point. */
export function chineseNumber(text: string): string {
  const [whole = "", fraction] = text.split(".");
  const said = whole.length > longest || /^0\d/.test(whole) ? chineseDigits(whole) : chineseInteger(whole);
  return fraction === undefined ? said : `${said}点${chineseDigits(fraction)}`;
}

/** Reads a number digit by digit. */
export function chineseDigits(text: string): string {
  return text.replace(/\d/g, (digit) => digits[Number(digit)] ?? digit);
}

function chineseInteger(text: string): string {
  const plain = text.replace(/^0+(?=\d)/, "");
  if (plain === "0" || plain === "") return "零";
  const groups: string[] = [];
  for (let end = plain.length; end > 0; end -= 4) groups.unshift(plain.slice(Math.max(0, end - 4), end));
  let said = "";
  for (const [i, group] of groups.entries()) {
    const value = Number(group);
    const unit = large[groups.length - 1 - i] ?? "";
    if (value === 0) continue;
    // A gap between groups is read as one zero.
    if (said !== "" && (value < 1_000 || /0$/.test(groups[i - 1] ?? ""))) said += "零";
    said += chineseGroup(value) + unit;
  }
  return said.replace(/^一十/, "十").replace(/零零+/g, "零");
}

/** 1 to 9,999. */
function chineseGroup(value: number): string {
  let said = "";
  let gap = false;
  for (let place = 3; place >= 0; place--) {
    const digit = Math.floor(value / 10 ** place) % 10;
    if (digit === 0) gap = said !== "";
    else {
      said += (gap ? "零" : "") + (digits[digit] ?? "") + (small[place] ?? "");
      gap = false;
    }
  }
  return said;
}
