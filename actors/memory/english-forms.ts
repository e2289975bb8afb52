import { ended, type Form, form, type MemoryChange, personal, preference } from "./memory-change.ts";

const now = "(?:(?:now|currently|still|just|recently|finally|also|really|actually|already|always) )*";
const not = "(?:no longer|not|don't|do not|never|didn't|did not)";
const professions =
  "teacher|doctor|nurse|engineer|software engineer|developer|programmer|designer|student|lawyer|writer|artist|chef|cook|driver|farmer|manager|accountant|scientist|researcher|musician|photographer|journalist|pilot|translator|consultant|architect|dentist|pharmacist|plumber|electrician|carpenter|librarian|professor|gardener|baker|sailor|policeman|firefighter";
const things =
  "favou?rite [\\p{L} ]{2,30}|birthday|wife|husband|partner|girlfriend|boyfriend|fiancée?|son|daughter|mother|mom|mum|father|dad|brother|sister|cat|dog|pet|boss|company|hometown|native language|mother tongue|e-?mail(?: address)?|phone number|address|car|blood type|nickname";
/** Objects of "like" in small talk that are not preferences. */
const talk =
  /^(?:my|you|your|u|it|this|that|these|those|him|her|his|them|their|how|what|when|where|the (?:idea|way|answer|fact|joke|sound|look)|to (?:know|see|ask|hear|say|think|thank|have|get|order|book)|if|everything|nothing|being)\b/i;

/** Forms of English self-descriptions; intentionally conservative. */
export const englishForms: readonly Form[] = [
  form(
    "(?:my name is|my name's|i am called|i'm called|i go by|(?:you can |please )?call me) (.+)",
    (name = "") => nameOf(name, (value) => personal(`The user's name is ${value}`, "name", 5)),
  ),
  form(
    "(?:my name is not|my name isn't|i am not called|i'm not called|don't call me|stop calling me) (.+)",
    (name = "") => ended("name", bare(name)),
  ),
  form(`i ${now}(?:live|reside) in (.+)`, (place = "") => home(place)),
  form(`i(?:'m| am) ${now}(?:living|based) in (.+)`, (place = "") => home(place)),
  form(`i(?:'ve| have)? ${now}(?:moved|relocated) (?:from (?:.+) )?to (.+)`, (place = "") => home(place)),
  form(`i ${now}${not} (?:live|reside) in (.+)`, (place = "") => ended("home", bare(place))),
  form("i(?:'ve| have)? (?:used to live in|moved away from|moved out of) (.+)", (place = "") =>
    ended("home", bare(place)),
  ),
  form(
    `i ${now}(?:work (?:at|for)|joined|started (?:working )?(?:at|for)|(?:got|have) a (?:new )?job at) (.+)`,
    (place = "") => {
      const value = bare(place);
      return /^(?:home|night|a living|myself|free|in)\b/i.test(value)
        ? undefined
        : personal(`The user works at ${value}`, "workplace");
    },
  ),
  form(`i ${now}${not} work (?:at|for) (.+)`, (place = "") => ended("workplace", bare(place))),
  form(
    `i(?:'ve| have)? ${now}(?:quit|left|stopped working (?:at|for)|resigned from|was fired from|got fired from|used to work (?:at|for)|was laid off (?:from|by)) (.+)`,
    (place = "") => {
      if (/^(?:my|the) (?:job|work|company|position)/i.test(place)) return [ended("workplace"), ended("job")];
      return ended("workplace", bare(place));
    },
  ),
  form("i(?:'m| am) (?:no longer|not) working (?:at|for) (.+)", (place = "") =>
    ended("workplace", bare(place)),
  ),
  form("i work as (?:an? )?(.+)", (job = "") => personal(`The user works as ${bare(job)}`, "job")),
  form(`i(?:'m| am) ${now}(?:an? )((?:[\\p{L}]+ ){0,2}(?:${professions}))`, (job = "") =>
    personal(`The user works as ${bare(job)}`, "job"),
  ),
  form("i(?:'m| am) (?:no longer|not) (?:an? )(.+)", (job = "") => [
    ended("job", bare(job)),
    ended("diet", bare(job)),
  ]),
  form(`i(?:'m| am) ${now}(?:severely |very |highly )?allergic to (.+)`, (what = "") =>
    listed(what).map((thing) => personal(`The user is allergic to ${thing}`, `allergy:${key(thing)}`, 5)),
  ),
  form("i have an? (.+) allergy", (thing = "") =>
    personal(`The user is allergic to ${bare(thing)}`, `allergy:${key(thing)}`, 5),
  ),
  form("i(?:'m| am) (?:no longer|not) (?:actually )?allergic to (.+)", (what = "") => allergyEnds(what)),
  form(`i(?:'m| am) ${now}(?:a )?(vegetarian|vegan)(?: who .+)?`, (diet = "") =>
    personal(`The user is ${diet.toLowerCase()}`, "diet", 4),
  ),
  form("i(?:'m| am) (?:no longer|not) (?:a )?(vegetarian|vegan)", (diet = "") => ended("diet", diet)),
  form("i(?:'m| am| come) (?:originally )?from (.+)", (place = "") =>
    personal(`The user is from ${bare(place)}`, "origin"),
  ),
  form("i(?:'m| am) (\\d{1,3})(?: years old)?", (age = "") =>
    personal(`The user is ${age} years old`, "age"),
  ),
  form(`i ${now}(?:like|love|enjoy|adore|prefer) (.+)`, (what = "") => likes(what)),
  form(`i(?:'m| am) (?:a (?:big |huge )?fan of|fond of) (.+)`, (what = "") => likes(what)),
  form(
    `i ${now}(?:don't|do not|no longer|never|stopped) ${now}(?:like|love|enjoy|liking|enjoying) (.+)`,
    (what = "") => dislikes(what),
  ),
  form(`i ${now}(?:dislike|hate|detest|can't stand|cannot stand|can't bear) (.+)`, (what = "") =>
    dislikes(what),
  ),
  form("i(?:'m| am) not (?:a (?:big |huge )?fan of|fond of) (.+)", (what = "") => dislikes(what)),
  form(
    `i have (?:an? |two |three )?(cat|dog|son|daughter|brother|sister|pet|rabbit|parrot) (?:named|called) (.+)`,
    (what = "", name = "") =>
      personal(`The user's ${what.toLowerCase()} is ${bare(name)}`, `my:${key(what)}`),
  ),
  form(`i (?:no longer|don't|do not) have (?:an? |my |the )?(${things})`, (what = "") =>
    ended(`my:${key(what)}`),
  ),
  form(`my (${things}) (?:has )?(?:died|passed away|ran away|is gone|left me)`, (what = "") =>
    ended(`my:${key(what)}`),
  ),
  form(`i broke up with my (${things})`, (what = "") => ended(`my:${key(what)}`)),
  form(
    `my (${things}) (?:is not|isn't|is no longer|isn't) (?:called |named )?(.+)`,
    (what = "", value = "") => ended(`my:${key(what)}`, bare(value)),
  ),
  form(
    `my (${things})(?:'s name)? (?:is now called|is called|is named|is now|is|are|lives in) (.+)`,
    (what = "", value = "") => thingIs(what, value),
  ),
];

/** Forms accepted only in an explicit request to remember: "my locker is 12". */
export const englishNotes: readonly Form[] = [
  form("my ([\\p{L}\\d ]{2,40}?) (?:is|are) (.+)", (what = "", value = "") => thingIs(what, value)),
];

function home(place: string): MemoryChange | undefined {
  const value = bare(place);
  // "I live in fear", "I moved to the next question".
  return /^(?:fear|hope|peace|a world|the (?:moment|past|next|other))\b/i.test(value)
    ? undefined
    : personal(`The user lives in ${value}`, "home", 4);
}

function thingIs(what: string, value: string): MemoryChange | undefined {
  const said = bare(value);
  if (
    /^(?:not|no|so|very|too|a bit|really|being|going|getting|killing|always|never|still|here|there|ok|okay|fine|broken|sick|ill|great|good|bad|nice|awesome|coming|asleep)\b/i.test(
      said,
    )
  )
    return undefined;
  return personal(`The user's ${what.toLowerCase()} is ${said}`, `my:${key(what)}`);
}

function likes(what: string): MemoryChange[] {
  return talk.test(what)
    ? []
    : listed(what).map((thing) => preference(`The user likes ${thing}`, `like:${key(thing)}`));
}

function dislikes(what: string): MemoryChange[] {
  return talk.test(what)
    ? []
    : listed(what).map((thing) => preference(`The user does not like ${thing}`, `like:${key(thing)}`));
}

function allergyEnds(what: string): MemoryChange[] {
  return /^(?:anything|it)\b/i.test(what)
    ? [ended("allergy:*")]
    : listed(what).map((thing) => ended(`allergy:${key(thing)}`));
}

function nameOf(name: string, made: (value: string) => MemoryChange): MemoryChange | undefined {
  const value = bare(name);
  const isName = /^[\p{L}][\p{L}'.-]*(?: [\p{L}][\p{L}'.-]*){0,3}$/u.test(value);
  return isName &&
    !/^(?:not|spelled|pronounced|short|when|if|back|later|a|an|the|at|on|tomorrow|today|in|maybe|so|please|as|by|soon|again)\b/i.test(
      value,
    )
    ? made(value)
    : undefined;
}

/** Strips words of time and degree from a value. */
function bare(value: string): string {
  const tail =
    /\s+(?:now|nowadays|these days|any ?more|any longer|at the moment|currently|again|too|as well|very much|a lot|so much|instead|today|please|since [\p{L}\d ]+|(?:last|this) (?:week|month|year|spring|summer|autumn|winter)|in \d{4}|for (?:\d+|[a-z]+) (?:years?|months?|weeks?))$/iu;
  let text = value.trim();
  for (let i = 0; i < 3; i++) text = text.replace(tail, "").trim();
  return text.replace(/^["'“‘]+|["'”’]+$/g, "");
}

function listed(what: string): string[] {
  return bare(what)
    .split(/\s+(?:and|or)\s+/i)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .slice(0, 5);
}

function key(thing: string): string {
  return bare(thing)
    .toLowerCase()
    .replace("favourite", "favorite")
    .replace(/^(?:to |eating |drinking |playing |watching |listening to |the |an? |my )+/, "");
}
