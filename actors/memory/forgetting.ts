import type { MemoryDocument } from "../../schemas/documents/memory.ts";
import { termsOf } from "../text/terms.ts";
import { changesIn } from "./patterns.ts";

/** Names of slots in requests to forget. */
const names: readonly [pattern: RegExp, slot: string][] = [
  [/^(?:my |the )?name$|^(?:我的?)?(?:名字|姓名)$/i, "name"],
  [
    /^(?:my )?(?:home|address|city|where i live)$|^(?:我的?)?(?:住址|地址|家|住在?(?:哪里?|哪儿|的地方))$/i,
    "home",
  ],
  [
    /^(?:my )?(?:job|profession|work|employer|company|workplace)$|^(?:我的?)?(?:工作|职业|单位|公司)$/i,
    "job|workplace",
  ],
  [/^(?:my )?(?:allerg(?:y|ies))$|^(?:我的?)?(?:过敏|过敏史|过敏源)$/i, "allergy:"],
  [/^(?:my )?age$|^(?:我的?)?年龄$/i, "age"],
];
const everything =
  /^(?:everything|all|me|all about me|all (?:of )?(?:my|the) (?:facts|memories|data))(?: (?:you know )?about me)?$|^(?:我的?)?(?:一切|所有|全部)(?:.{0,6})$|^我$/i;
const possessive = /^(?:my |the |that |about |我的?)+|(?:的事情?|这件事|的信息)$/gi;

/** Current facts matched by a user's request to forget. */
export function forgottenFacts(about: string, facts: readonly MemoryDocument[]): MemoryDocument[] {
  if (everything.test(about)) return [...facts];
  const slots = names.find(([pattern]) => pattern.test(about))?.[1].split("|");
  if (slots !== undefined)
    return facts.filter(({ slot }) => slots.some((one) => (slot ?? "").startsWith(one)));
  // "forget that I live in Paris"
  const said = changesIn(about).flatMap((change) => (change.kind === "fact" ? [change.fact] : []));
  if (said.length > 0)
    return facts.filter((fact) =>
      said.some(({ slot, content }) => fact.slot === slot && same(fact.content, content)),
    );
  const thing = about.replace(possessive, "").trim().toLowerCase();
  if (thing === "") return [];
  const own = facts.filter(({ slot }) => slot === `my:${thing}`);
  if (own.length > 0) return own;
  const terms = new Set(termsOf(thing));
  if (terms.size === 0) return [];
  return facts.filter((fact) => {
    const held = new Set(fact.terms.split(" "));
    return fact.content.toLowerCase().includes(thing) || [...terms].every((term) => held.has(term));
  });
}

function same(one: string, other: string): boolean {
  return one.toLowerCase().includes(other.toLowerCase()) || other.toLowerCase().includes(one.toLowerCase());
}
