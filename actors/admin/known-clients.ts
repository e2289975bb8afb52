import type { AnyBulkWriteOperation, Collection, Db, Filter } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import { collections } from "../../schemas/documents/collections.ts";
import type { ClientDocument, KnownClient, SeenClient } from "../../schemas/messages/clients.ts";
import { writeBatch } from "../storage/batch-write.ts";
import type { Surveyor } from "./survey.ts";

/** Maximum clients per answer. */
const listed = 1_000;

/** Devices and browsers seen so far, stored from the reports of edges; `online` comes from a live survey. */
export class KnownClients {
  readonly #clients: Collection<ClientDocument>;
  readonly #surveyor: Surveyor;
  readonly #log: Logger;

  constructor(db: Db, surveyor: Surveyor, log: Logger) {
    this.#log = log;
    this.#clients = db.collection(collections.clients);
    this.#surveyor = surveyor;
  }

  /** Creates the indexes; idempotent. */
  async createIndexes(): Promise<void> {
    await this.#clients.createIndexes([
      { key: { "_id.user": 1, last_seen: -1 } },
      { key: { last_seen: -1 } },
    ]);
  }

  /** Stores that clients were seen; an older report never overwrites a newer `last_seen`. */
  async seen(clients: readonly SeenClient[], at: Date): Promise<void> {
    await writeBatch(this.#log, "clients", clients, (some) =>
      this.#clients.bulkWrite(
        some.map((client) => seenWrite(client, at)),
        { ordered: false, writeConcern: { w: 1 } },
      ),
    );
  }

  /** Lists the clients of a user, or of all users, most recently seen first. */
  async list(user: string | undefined): Promise<{ clients: KnownClient[]; total: number }> {
    const filter: Filter<ClientDocument> = user === undefined ? {} : { "_id.user": user };
    const { clients: online } = await this.#surveyor.sockets({ user });
    // The latest reports of edges may not be stored yet.
    await this.seen(online, new Date());
    const [documents, total] = await Promise.all([
      this.#clients.find(filter).sort({ last_seen: -1 }).limit(listed).toArray(),
      this.#clients.countDocuments(filter),
    ]);
    const here = new Set(online.map(({ user, client }) => `${user}.${client}`));
    const clients = documents.map(({ _id, last_seen, ...client }) => ({
      client_id: _id.client,
      user_id: _id.user,
      ...client,
      last_seen: last_seen.getTime(),
      online: here.has(`${_id.user}.${_id.client}`),
    }));
    return { clients, total };
  }

  /**
   * Sets the note of a client: that of `user` if set, else of the administrator, else the most recently seen.
   * Returns false when there is no such client.
   */
  async note(client: string, note: string, user: string | undefined, self: string): Promise<boolean> {
    const { clients: online } = await this.#surveyor.sockets({ user });
    await this.seen(
      online.filter((one) => one.client === client),
      new Date(),
    );
    const found = await this.#clients
      .find({
        "_id.client": client,
        ...(user !== undefined && { "_id.user": user }),
      } as Filter<ClientDocument>)
      .sort({ last_seen: -1 })
      .limit(listed)
      .toArray();
    const chosen = found.find(({ _id }) => _id.user === self) ?? found[0];
    if (chosen === undefined) return false;
    return (await this.#clients.updateOne({ _id: chosen._id }, { $set: { note } })).matchedCount > 0;
  }
}

function seenWrite(
  { user, client, device_name, user_agent }: SeenClient,
  at: Date,
): AnyBulkWriteOperation<ClientDocument> {
  return {
    updateOne: {
      filter: { _id: { user, client } },
      update: {
        $max: { last_seen: at },
        $setOnInsert: { note: "" },
        $set: { device_name: device_name ?? "", user_agent: user_agent ?? "" },
      },
      upsert: true,
    },
  };
}
