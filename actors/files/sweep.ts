import type { JetStreamManager } from "@nats-io/jetstream";
import type { ObjectStore } from "@nats-io/obj";
import type { Logger } from "../../infra/log.ts";
import { storedMessage } from "../../infra/nats/stored-message.ts";
import type { Limits } from "../../schemas/limits.ts";
import { lastToken, subjects } from "../../schemas/messages/subjects.ts";
import type { Bodies } from "./bodies.ts";
import type { FileStore } from "./file-store.ts";

const bucket = "files";
const stream = `OBJ_${bucket}`;

/** Counts of what a sweep deleted. */
export interface Swept {
  bodies: number;
  objects: number;
  pieces: number;
}

/** Deletes unreferenced objects: bodies of deleted files, abandoned uploads and incomplete uploads. */
export class Sweep {
  readonly #store: FileStore;
  readonly #bodies: Bodies;
  readonly #objects: () => Promise<ObjectStore>;
  readonly #jsm: JetStreamManager;
  readonly #limits: Pick<Limits, "orphanMs">;
  readonly #log: Logger;

  constructor(parts: {
    store: FileStore;
    bodies: Bodies;
    objects: () => Promise<ObjectStore>;
    jsm: JetStreamManager;
    limits: Pick<Limits, "orphanMs">;
    log: Logger;
  }) {
    this.#store = parts.store;
    this.#bodies = parts.bodies;
    this.#objects = parts.objects;
    this.#jsm = parts.jsm;
    this.#limits = parts.limits;
    this.#log = parts.log;
  }

  /** Runs a full sweep. Safe to run concurrently in several processes. */
  async run(): Promise<Swept> {
    const before = new Date(Date.now() - this.#limits.orphanMs);
    const bodies = await this.#idleBodies(before);
    const list = await (await this.#objects()).list();
    const swept = {
      bodies,
      objects: await this.#orphans(list, before),
      pieces: await this.#leftovers(new Set(list.map(({ nuid }) => nuid)), before),
    };
    this.#log.info(swept, "file sweep completed");
    return swept;
  }

  /** Checks the bodies of these hashes, whose files were just deleted. */
  async bodiesOf(hashes: string[]): Promise<void> {
    await this.#idleBodies(new Date(Date.now() - this.#limits.orphanMs), hashes);
  }

  async #idleBodies(before: Date, hashes?: string[]): Promise<number> {
    let count = 0;
    for await (const body of this.#store.idleBodies(before, hashes))
      if (await this.#bodies.release(body)) count += 1;
    return count;
  }

  /** Objects without a body: uploads whose file was never stored, thumbnails of deleted bodies. */
  async #orphans(
    list: readonly { name: string; mtime: string; deleted: boolean }[],
    before: Date,
  ): Promise<number> {
    const objects = await this.#objects();
    let count = 0;
    for (const { name, mtime, deleted } of list) {
      if (deleted || new Date(mtime) >= before) continue;
      const by = name.startsWith("thumb_") ? { _id: name.slice("thumb_".length) } : { object: name };
      if (await this.#store.hasBody(by)) continue;
      await objects.delete(name);
      count += 1;
    }
    return count;
  }

  /** Chunks of incomplete objects whose edge crashed. */
  async #leftovers(known: ReadonlySet<string>, before: Date): Promise<number> {
    const filter = subjects.objectPiecesAll(bucket);
    const { state } = await this.#jsm.streams.info(stream, { subjects_filter: filter });
    let count = 0;
    for (const subject of Object.keys(state.subjects ?? {})) {
      if (known.has(lastToken(subject))) continue;
      // An upload in progress has a recent last chunk.
      const last = await storedMessage(this.#jsm, stream, { last_by_subj: subject });
      if (last === null || last.time >= before) continue;
      await this.#jsm.streams.purge(stream, { filter: subject });
      count += 1;
    }
    return count;
  }
}
