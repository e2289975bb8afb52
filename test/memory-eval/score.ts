import type { Db } from "mongodb";
import type { extractByModel } from "../../actors/memory/extraction.ts";
import { MemoryStore } from "../../actors/memory/memory-store.ts";
import { MemoryWriter } from "../../actors/memory/memory-writer.ts";
import { readTurn } from "../../actors/memory/turn-reader.ts";
import type { Models } from "../../actors/models/model.ts";
import { createLogger } from "../../infra/log.ts";
import type { TurnCompleted } from "../../schemas/messages/event.ts";
import { settingsOf } from "../_kit/worlds/provider.ts";
import { type Dialogue, dialogues } from "./dialogues.ts";

/** How well memory holds what is true: of current facts, and of facts that should be current. */
export interface Score {
  precision: number;
  recall: number;
  /** What went wrong, a line each. */
  misses: string[];
}

/** Goes through all dialogues, with a scripted model or by plain forms alone. */
export async function scoreMemory(db: Db, withModel: boolean): Promise<Score> {
  const [store, misses] = [new MemoryStore(db, 1_000), [] as string[]];
  await store.createIndexes();
  const vectors = { embed: async () => {} };
  const keeper = new MemoryWriter({ store, vectors, changed: () => {}, maxFacts: 1_000 });
  let [held, right, wanted, found] = [0, 0, 0, 0];
  for (const [number, dialogue] of dialogues().entries()) {
    const user = `${withModel ? "model" : "plain"}_${number}`;
    for (const [i, content] of dialogue.said.entries()) {
      const models = withModel ? scriptedModel(dialogue, i) : ({ configured: false } as Models);
      const context = { store, keeper, models, byModel: withModel, out: { frame() {} }, quota, log };
      await readTurn(context, turnOf(user, number, i, content));
    }
    const facts = (await store.current(user)).map(({ content }) => content);
    const matches = (fact: readonly string[], content: string) =>
      fact.every((word) => content.includes(word));
    const good = facts.filter((content) => dialogue.holds.some((fact) => matches(fact, content)));
    const met = dialogue.holds.filter((fact) => facts.some((content) => matches(fact, content)));
    held += facts.length;
    right += good.length;
    wanted += dialogue.holds.length;
    found += met.length;
    if (good.length < facts.length || met.length < dialogue.holds.length)
      misses.push(`${dialogue.said.join(" · ")} → ${facts.join("; ") || "nothing"}`);
  }
  return { precision: right / Math.max(1, held), recall: found / Math.max(1, wanted), misses };
}

const log = createLogger("memory-eval", settingsOf({}));
const quota = {
  reserve: async () => {},
  settle: async () => {},
  release: async () => {},
  count() {},
} as unknown as Parameters<typeof extractByModel>[0]["quota"];

function turnOf(user: string, number: number, i: number, content: string): TurnCompleted {
  const messages = [{ role: "user" as const, content }];
  return { id: `${user}.${number}.${i}`, user, session: "s", messages } as unknown as TurnCompleted;
}

/** A model that reads well: at the end of a dialogue it ends what holds no more, and tells what holds, and one invention. */
function scriptedModel({ said, holds }: Dialogue, turn: number): Models {
  return {
    configured: true,
    async *stream(_purpose: string, { messages }: { messages: { content: string }[] }) {
      const { known } = JSON.parse(messages.at(-1)?.content ?? "{}") as {
        known: { id: string; content: string }[];
      };
      const isLast = turn === said.length - 1;
      const right = (content: string) => holds.some((fact) => fact.every((word) => content.includes(word)));
      const now = said[turn] ?? "";
      const facts =
        isLast || holds.some((fact) => fact.slice(-1).every((word) => now.includes(word)))
          ? holds
              .filter((fact) => !known.some(({ content }) => fact.every((word) => content.includes(word))))
              .filter((fact) => isLast || now.includes(fact.at(-1) ?? ""))
          : [];
      const told = facts.map((fact) => ({
        content: fact.join(" "),
        category: "personal",
        priority: 3,
        slot: null,
      }));
      const invented = {
        content: "The user was born in Zanzibar in 1907",
        category: "other",
        priority: 1,
        slot: null,
      };
      const ended = isLast ? known.filter(({ content }) => !right(content)).map(({ id }) => id) : [];
      yield { kind: "content", text: JSON.stringify({ facts: [...told, invented], ended }) };
      yield { kind: "end", usage: { prompt_tokens: 1, completion_tokens: 1 } };
    },
  } as unknown as Models;
}
