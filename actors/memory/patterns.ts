import type { Fact } from "../../schemas/documents/memory.ts";
import { chineseForms, chineseNotes } from "./chinese-forms.ts";
import { clausesOf } from "./clauses.ts";
import { englishForms, englishNotes } from "./english-forms.ts";
import type { Form, MemoryChange } from "./memory-change.ts";

const forms = [...englishForms, ...chineseForms];
const notes = [...englishNotes, ...chineseNotes];
const particles = /[\s。！!；;.，,]*(?:了|啦|吧|哦|哈)?[\s。！!；;.，,]*$/u;

/** "remember that …": the rest is a fact even if it matches no form. */
const wish =
  /^(?:(?:please |and |can you |could you )*(?:remember|don't forget|do not forget|make a note|note)(?: that|:)*|(?:请|你要?|帮我|麻烦你?|一定要?)*(?:记住|记得|记一下|记下来?|别忘了|不要忘记|别忘记)[:： ]*)\s*(.+)$/iu;
const reminder = /^(?:to |when\b|me\b|how\b|if\b|the time\b|提醒|叫我起|带)/i;
/** "forget …": never mind what is said of it. */
const forget =
  /^(?:(?:please |and |now |can you |could you |you can |you should )*(?:forget|delete|erase|remove|stop remembering|don't remember|do not remember)(?: about| that| everything about| what i (?:said|told you) about)*|(?:请|你|帮我|麻烦你?|可以)*(?:忘记|忘掉|忘了|删除|删掉|抹去|不要记住?|别记住?|不用记住?)(?:掉|了)?(?:关于)?)\s*(.+)$/iu;
const dismissed =
  /^(?:it|that|this|about it|about that|the (?:last|previous) (?:question|message)|刚才|这个|那个|它|这件事|吧)$/i;

/** Memory changes in a message, by simple English and Chinese patterns. */
export function changesIn(text: string): MemoryChange[] {
  return clausesOf(text).flatMap((clause) => changesOf(clause));
}

/** The facts among {@link changesIn}. */
export function factsIn(text: string): Fact[] {
  return changesIn(text).flatMap((change) => (change.kind === "fact" ? [change.fact] : []));
}

function changesOf(clause: string): MemoryChange[] {
  const forgotten = forget.exec(clause)?.[1]?.trim();
  if (forgotten !== undefined) {
    const about = forgotten.replace(particles, "");
    return about === "" || dismissed.test(about) ? [] : [{ kind: "forget", about }];
  }
  const wished = wish.exec(clause)?.[1]?.trim();
  if (wished === undefined) return first(forms, clause);
  if (reminder.test(wished)) return [];
  const plain = first([...forms, ...notes], wished);
  if (plain.length === 0) return [{ kind: "fact", fact: { content: wished, category: "note", priority: 5 } }];
  return plain.map((change) =>
    change.kind === "fact" ? { kind: "fact", fact: { ...change.fact, priority: 5 } } : change,
  );
}

function first(candidates: readonly Form[], clause: string): MemoryChange[] {
  const plain = clause.replace(particles, "");
  for (const { match, changes } of candidates) {
    const found = match.exec(plain);
    if (found === null) continue;
    const made = changes(found.slice(1).map((group) => group ?? ""));
    if (made.length > 0) return made;
  }
  return [];
}
