import type { Collection, Db } from "mongodb";
import { collections } from "../../schemas/documents/collections.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import type { SessionInput } from "../../schemas/messages/session-input.ts";
import type { Command } from "./command.ts";
import type { Called } from "./registry.ts";

/** How long a confirmation stays valid, ms. */
const waitMs = 600_000;

interface ConfirmationDocument {
  _id: string;
  user: string;
  input: SessionInput;
  expires_at: Date;
}

/** Commands waiting for confirmation by their user. They survive restarts; each runs at most once. */
export class Confirmations {
  readonly #collection: Collection<ConfirmationDocument>;

  constructor(db: Db) {
    this.#collection = db.collection<ConfirmationDocument>(collections.confirmations);
  }

  async createIndexes(): Promise<void> {
    await this.#collection.createIndex({ expires_at: 1 }, { expireAfterSeconds: 0 });
    await this.#collection.createIndex({ user: 1 });
  }

  /**
   * Wraps a command so that it asks first: its answer contains the action the front end sends on
   * confirmation.
   */
  withConfirmation({ command }: Called): Command {
    return {
      ...command,
      place: "beside",
      clears: false,
      answer: async ({ input }) => {
        const id = await this.#keep(input);
        const request = input.content.trim();
        const payload = { method: "ExecCommand", args: [id] };
        return {
          text: `即将执行: ${request}\n请确认`,
          confirm: true,
          command: { id, name: command.name, request },
          actions: [{ name: "ExecCommand", type: "Service.__neo", payload, next: "" }],
        };
      },
    };
  }

  /** Removes and returns a confirmed command, at most once. @throws ParleyError `not_found` */
  async take(user: string, id: string): Promise<SessionInput> {
    const found = await this.#collection.findOneAndDelete({ _id: id, user, expires_at: { $gt: new Date() } });
    if (found === null) throw new ParleyError("not_found", { error: "确认不存在或已过期" });
    return found.input;
  }

  /** Removes the unconfirmed commands of a user. */
  async drop(user: string): Promise<void> {
    await this.#collection.deleteMany({ user });
  }

  async #keep(input: SessionInput): Promise<string> {
    const _id = newId("cf_", 16);
    const expires_at = new Date(Date.now() + waitMs);
    await this.#collection.insertOne({ _id, user: input.user, input, expires_at });
    return _id;
  }
}
