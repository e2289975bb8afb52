import type { Collection, Db } from "mongodb";
import { collections } from "../../schemas/documents/collections.ts";
import {
  type McpSecrets,
  type McpServerDocument,
  type McpServerSettings,
  mcpSecretsSchema,
} from "../../schemas/documents/mcp.ts";
import { KeyCipher } from "../models/key-cipher.ts";

/** A configured server with decrypted secrets. */
export interface McpServer extends McpServerSettings {
  name: string;
  secrets: McpSecrets;
  updatedAt: Date;
}

/** The configured MCP servers in MongoDB. */
export class McpServerStore {
  readonly #servers: Collection<McpServerDocument>;
  readonly #cipher: KeyCipher;

  constructor(db: Db, encryptionKey: Buffer) {
    this.#servers = db.collection(collections.mcpServers);
    this.#cipher = new KeyCipher(encryptionKey);
  }

  /** Returns all servers, sorted by name. */
  async read(): Promise<McpServer[]> {
    return (await this.#servers.find().sort({ _id: 1 }).toArray()).map((one) => this.#opened(one));
  }

  /** Creates or replaces a server. */
  async save({ name, secrets, updatedAt, ...settings }: McpServer): Promise<void> {
    const document: Omit<McpServerDocument, "_id"> = {
      ...settings,
      secrets: this.#cipher.seal(JSON.stringify(secrets), owner(name), target(settings)),
      updated_at: updatedAt,
    };
    await this.#servers.replaceOne({ _id: name }, document, { upsert: true });
  }

  /** Deletes a server; false when it does not exist. */
  async delete(name: string): Promise<boolean> {
    return (await this.#servers.deleteOne({ _id: name })).deletedCount > 0;
  }

  #opened({ _id: name, secrets: sealed, updated_at: updatedAt, ...settings }: McpServerDocument): McpServer {
    const text = sealed && this.#cipher.open(sealed, owner(name), target(settings));
    const secrets = mcpSecretsSchema.catch({}).parse(text === undefined ? {} : JSON.parse(text));
    return { name, ...settings, secrets, updatedAt };
  }
}

/** The address a server's secrets are bound to: they can't be decrypted for another. */
export function target({ url, command }: Pick<McpServerSettings, "url" | "command">): string {
  return url ?? `stdio ${command ?? ""}`;
}

function owner(name: string): string {
  return `mcp ${name}`;
}
