import type { Fact } from "../../schemas/documents/memory.ts";

const maxChars = 300;
const sentences = /[^。！？!?；;\n.]+(?:\.(?=\S)[^。！？!?；;\n.]*)*[。！？!?；;.]?/gu;
// What is asked or supposed is not a fact.
const question =
  /[?？]\s*$|[吗呢]\s*[?？。]?$|^\s*(?:if|when|what|who|why|how|do you|can you|could you)\b|^\s*(?:如果|假如|要是|为什么|怎么)/i;
const tail = "(.+?)[\\s。！？!?；;.,，]*$";

interface Pattern {
  match: RegExp;
  /** The fact of a match; undefined = not one after all. */
  fact(groups: string[]): Fact | undefined;
}

const like = (thing: string) => `like:${thing.toLowerCase().replace(/^(?:the|a|an|my) /, "")}`;
const personal = (content: string, slot: string, priority = 3): Fact => ({
  ...{ content, slot, priority, category: "personal" },
});
const preference = (content: string, slot: string): Fact => ({
  ...{ content, slot, priority: 2, category: "preference" },
});

// Only what people say of themselves in so many words; a model finds more, where one is configured.
const patterns: readonly Pattern[] = [
  of(`^(?:hi|hello|hey)?[,! ]*(?:my name is|i am called|i'm called|call me) ${tail}`, ([name]) =>
    personal(`The user's name is ${name}`, "name", 5),
  ),
  of(`^i (?:now )?live in ${tail}`, ([place]) => personal(`The user lives in ${place}`, "home", 4)),
  of(`^i(?:'ve| have)? (?:just |recently )?moved to ${tail}`, ([place]) =>
    personal(`The user lives in ${place}`, "home", 4),
  ),
  of(`^i work as (?:an? )?${tail}`, ([job]) => personal(`The user works as ${job}`, "job")),
  of(`^i work (?:at|for) ${tail}`, ([place]) => personal(`The user works at ${place}`, "workplace")),
  of(`^i(?:'m| am) allergic to ${tail}`, ([thing = ""]) =>
    personal(`The user is allergic to ${thing}`, `allergy:${thing.toLowerCase()}`, 5),
  ),
  of(
    `^i (?:really |also |still )?(?:like|love|enjoy|prefer) (?!to know|that |it\\b|this\\b)${tail}`,
    ([thing = ""]) => preference(`The user likes ${thing}`, like(thing)),
  ),
  of(`^i (?:really )?(?:don't|do not|no longer) (?:like|love|enjoy) ${tail}`, ([thing = ""]) =>
    preference(`The user does not like ${thing}`, like(thing)),
  ),
  of(`^i (?:really )?(?:dislike|hate) ${tail}`, ([thing = ""]) =>
    preference(`The user does not like ${thing}`, like(thing)),
  ),
  of(
    `^my (favou?rite [\\w ]{2,30}|birthday|wife|husband|partner|girlfriend|boyfriend|son|daughter|mother|father|brother|sister|cat|dog|pet|boss|company|hometown|native language|e-?mail(?: address)?|phone number) (?:is called|is named|is) ${tail}`,
    ([what = "", value]) => personal(`The user's ${what} is ${value}`, `my:${what.toLowerCase()}`),
  ),
  of(`^(?:你好[,，! ]*)?我(?:的名字)?(?:叫做?|是叫)${tail}`, ([name]) =>
    personal(`用户的名字是${name}`, "name", 5),
  ),
  of(`^(?:我的名字是|请?叫我)${tail}`, ([name]) => personal(`用户的名字是${name}`, "name", 5)),
  of(`^我(?:现在|目前)?(?:住在|搬到了?|搬去了?)${tail}`, ([place = ""]) =>
    personal(`用户住在${place.replace(/了$/, "")}`, "home", 4),
  ),
  of(`^我(?:现在|目前)?在(.{2,30}?)(?:工作|上班)${end()}`, ([place]) =>
    personal(`用户在${place}工作`, "workplace"),
  ),
  of(`^我(?:是|当)(?:一名|一位|一个)${tail}`, ([job]) => personal(`用户是一名${job}`, "job")),
  of(`^我对(.{1,20}?)过敏${end()}`, ([thing]) => personal(`用户对${thing}过敏`, `allergy:${thing}`, 5)),
  of(`^我(?:现在)?(?:很|最|特别|非常|也)?(?:不喜欢|讨厌|不再喜欢)(?:了)?${tail}`, ([thing = ""]) =>
    preference(`用户不喜欢${thing.replace(/了$/, "")}`, like(thing.replace(/了$/, ""))),
  ),
  of(`^我(?:现在)?(?:很|最|特别|非常|也)?(?:喜欢|爱吃|爱喝|爱听|爱看)(?!的)${tail}`, ([thing = ""]) =>
    preference(`用户喜欢${thing}`, like(thing)),
  ),
  of(
    `^我的?(生日|妻子|老婆|丈夫|老公|女朋友|男朋友|儿子|女儿|妈妈|爸爸|哥哥|弟弟|姐姐|妹妹|猫|狗|宠物|公司|家乡|母语|邮箱|电话)(?:是|叫做?|在)${tail}`,
    ([what = "", value]) => personal(`用户的${what}是${value}`, `my:${what}`),
  ),
];
const asked = [
  of(
    `^(?:please |and )*(?:remember|don't forget|do not forget|note)(?:,| that|:)* (?!when\\b|me\\b|how\\b)${tail}`,
    told,
  ),
  of(`^(?:请|你要|帮我)*(?:记住|记得|记一下|别忘了|不要忘记)[,，:： ]*${tail}`, told),
];

/** What a user says of himself in the plainest forms, in English or Chinese; conservative by intent. */
export function factsIn(text: string): Fact[] {
  const facts: Fact[] = [];
  for (const [raw] of text.matchAll(sentences)) {
    const sentence = raw.trim();
    if (sentence === "" || sentence.length > maxChars || question.test(sentence)) continue;
    const wish = first(asked, sentence);
    // What is to be remembered may have a plain form itself, and then the slot that goes with it.
    const plain = first(patterns, wish?.content ?? sentence);
    if (wish !== undefined) facts.push(plain === undefined ? wish : { ...plain, priority: wish.priority });
    else if (plain !== undefined) facts.push(plain);
  }
  return facts;
}

function told([what]: string[]): Fact {
  return { content: what ?? "", category: "note", priority: 5 };
}

function first(candidates: readonly Pattern[], sentence: string): Fact | undefined {
  for (const { match, fact } of candidates) {
    const found = match.exec(sentence);
    if (found === null) continue;
    const groups = found.slice(1).map((group) => group?.trim() ?? "");
    if (groups.some((group) => group === "")) continue;
    return fact(groups);
  }
  return undefined;
}

function of(source: string, fact: Pattern["fact"]): Pattern {
  return { match: new RegExp(source, "iu"), fact };
}

function end(): string {
  return "[\\s。！？!?；;.,，]*$";
}
