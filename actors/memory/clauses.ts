const maxChars = 300;
const sentence = /[^。！？!?；;\n.]+(?:\.(?=[^\s.])[^。！？!?；;\n.]+)*[。！？!?；;.]?/gu;
// Questions and hypotheticals are not facts.
const supposed =
  /^(?:if|when|what|who|whose|why|how|where|which|is|are|do|does|did|can|could|would|should|may|suppose|imagine|pretend|maybe)\b|^(?:如果|假如|要是|假设|为什么|怎么|谁|什么|哪|是不是|能不能|可以|也许|可能)/i;
const asked = /[?？]$|[吗呢么]$/;
// Texts given for processing (translation, correction) don't describe their author.
const material =
  /^[^\n]{0,80}\b(?:translate|rewrite|rephrase|summari[sz]e|proofread|role-?play|pretend|imagine|write (?:me )?an? )|^[^\n]{0,40}(?:翻译|改写|润色|总结|扮演|假装|续写|写一[篇首个段封])/i;
const filler =
  /^(?:(?:hi|hello|hey|well|actually|by the way|btw|so|and|but|also|then|no|sorry|ok|okay|yes|oh|anyway|just|fyi|please note that|for your information)\b[\s:]*|(?:你好|您好|其实|对了|顺便说一下|顺便|另外|还有|不过|但是|但|而且|那个|嗯|哦|所以|因为|不对|不是的?|更正一下)[\s:：]*)/i;
/** "I quit Acme and joined Globex": a second statement with the same subject. */
const joint =
  /\s+(?:and|but|so)\s+(?=(?:i\b|i'|my\b|now\b|(?:joined|moved|started|live|work|love|like|hate|quit|left|am|prefer|don't|do not|no longer)\b))/iu;

/** "allergic to cats, dogs and pollen": list commas don't end a clause. */
const list =
  /\b(?:allergic to|like|love|enjoy|hate|dislike) [\p{L}']+(?: [\p{L}']+)?(?:, ?[\p{L}']+(?: [\p{L}']+)?){1,4},? (?:and|or) [\p{L}']+/giu;
const title = /\b(St|Dr|Mr|Mrs|Ms|Prof)\. (?=\p{Lu})/gu;
const chineseGoesOn =
  /^(?:叫|名叫|住在|搬到|喜欢|讨厌|不喜欢|对.{1,12}过敏|在.{1,15}(?:工作|上班)|是一?[名位])/u;

/** The clauses of a text that may be self-descriptions, without introductory words. */
export function clausesOf(text: string): string[] {
  if (material.test(text)) return [];
  const plain = text.replace(title, "$1 ").replace(list, (found) => found.replace(/,? and |, ?/g, " and "));
  return (plain.match(sentence) ?? []).flatMap((raw) => clausesOfSentence(raw.trim()));
}

function clausesOfSentence(raw: string): string[] {
  if (raw.length > 4 * maxChars) return [];
  const parts = raw.split(/[,，]\s*|\s+[-–—]\s+/).flatMap((part) => part.split(joint));
  if (supposed.test(withoutFiller(parts[0] ?? ""))) return [];
  let subject = "";
  return parts.flatMap((part) => {
    const clause = withoutFiller(part.trim()).replace(/[\s。！!；;.]+$/u, "");
    if (clause === "" || clause.length > maxChars || asked.test(clause)) return [];
    if (supposed.test(clause)) return [];
    // "I quit Acme and joined Globex": the subject continues.
    const goesOn =
      /^(?:joined|moved|started|live|work|love|like|hate|quit|left|am|prefer|don't|do not|no longer|now)\b/i;
    const isGoingOn = subject === "I" ? goesOn.test(clause) : chineseGoesOn.test(clause);
    const whole = subject !== "" && isGoingOn ? `${subject}${subject === "I" ? " " : ""}${clause}` : clause;
    if (/^i\b/i.test(whole)) subject = "I";
    else if (/^我(?!的|们)/u.test(whole)) subject = "我";
    return [whole.replaceAll("’", "'")];
  });
}

function withoutFiller(part: string): string {
  let text = part.trim();
  for (let i = 0; i < 4; i++) {
    const rest = text.replace(filler, "");
    if (rest === text) break;
    text = rest.trim();
  }
  return text;
}
