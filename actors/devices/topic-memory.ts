import type { HeardTopic } from "../../schemas/documents/device.ts";
import type { Word } from "./discovery/availability.ts";

const topicsAtMost = 2_000;
const charsAtMost = 4 * 1024 * 1024;
const longestText = 64 * 1024;

/** Storage of remembered topics. */
export interface TopicStorage {
  topicHeard(heard: HeardTopic): void;
  topicForgotten(id: HeardTopic["_id"]): void;
}

/** LRU cache of the last payload of a user's topics. */
export class TopicMemory {
  readonly #user: string;
  readonly #storage: TopicStorage;
  readonly #words = new Map<string, Word>();
  #chars = 0;

  constructor(user: string, storage: TopicStorage) {
    this.#user = user;
    this.#storage = storage;
  }

  load(topics: readonly HeardTopic[]): void {
    for (const { _id, text, at } of [...topics].sort((a, b) => a.at - b.at))
      this.#put(_id.topic, { text, at });
  }

  get(topic: string): Word | undefined {
    return this.#words.get(topic);
  }

  names(): string[] {
    return [...this.#words.keys()];
  }

  heard(topic: string, text: string, at: number): void {
    if (text.length > longestText) return;
    const unchanged = this.#words.get(topic)?.text === text;
    this.#put(topic, { text, at });
    if (!unchanged) this.#storage.topicHeard({ _id: { user: this.#user, topic }, text, at });
    for (const [oldest, word] of this.#words) {
      if (this.#words.size <= topicsAtMost && this.#chars <= charsAtMost) return;
      this.#words.delete(oldest);
      this.#chars -= word.text.length;
      this.#storage.topicForgotten({ user: this.#user, topic: oldest });
    }
  }

  #put(topic: string, word: Word): void {
    const before = this.#words.get(topic);
    // Re-insert last, as a map keeps insertion order.
    this.#words.delete(topic);
    this.#words.set(topic, word);
    this.#chars += word.text.length - (before?.text.length ?? 0);
  }
}
