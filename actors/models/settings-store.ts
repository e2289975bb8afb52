import type { Collection, Db } from "mongodb";
import { collections } from "../../schemas/documents/collections.ts";
import type {
  Capability,
  ModelDocument,
  ModelRefusals,
  ModelSettings,
  ProviderDocument,
  ProviderTimesSettings,
  Purpose,
  RouteDocument,
} from "../../schemas/documents/model-settings.ts";
import { KeyCipher } from "./key-cipher.ts";
import type { Provider } from "./provider/connection.ts";

/** A provider with its decrypted key. */
export interface StoredProvider extends Provider {
  name: string;
}

/** The administrator's model configuration. */
export interface ModelConfiguration {
  providers: StoredProvider[];
  models: ModelDocument[];
  routes: RouteDocument[];
  refusals: ModelRefusals[];
}

/** Learned refusals expire after this time, in seconds, because providers change. */
const refusalS = 30 * 24 * 60 * 60;

/** Providers, models and routes in MongoDB. */
export class SettingsStore {
  readonly #providers: Collection<ProviderDocument>;
  readonly #models: Collection<ModelDocument>;
  readonly #routes: Collection<RouteDocument>;
  readonly #refusals: Collection<ModelRefusals>;
  readonly #cipher: KeyCipher;
  readonly #changed: () => void;

  /** `changed` runs after each write. */
  constructor(db: Db, encryptionKey: Buffer, changed: () => void) {
    this.#providers = db.collection(collections.modelProviders);
    this.#models = db.collection(collections.models);
    this.#routes = db.collection(collections.modelRoutes);
    this.#refusals = db.collection(collections.modelRefusals);
    this.#cipher = new KeyCipher(encryptionKey);
    this.#changed = changed;
  }

  /** Reads the configuration; providers by name, models by priority. */
  async read(): Promise<ModelConfiguration> {
    const [providers, models, routes, refusals] = await Promise.all([
      this.#providers.find().sort({ _id: 1 }).toArray(),
      this.#models.find().sort({ priority: 1, _id: 1 }).toArray(),
      this.#routes.find().sort({ _id: 1 }).toArray(),
      this.#refusals.find().toArray(),
    ]);
    return { providers: providers.map((one) => this.#opened(one)), models, routes, refusals };
  }

  async createIndexes(): Promise<void> {
    await this.#refusals.createIndex({ updated_at: 1 }, { expireAfterSeconds: refusalS });
  }

  /** Stores that a model lacks a capability. */
  async saveRefusal(id: string, capability: Capability): Promise<void> {
    const change = { $addToSet: { refused: capability }, $set: { updated_at: new Date() } };
    await this.#refusals.updateOne({ _id: id }, change, { upsert: true });
    this.#changed();
  }

  /** Deletes the learned refusals of a model. */
  async deleteRefusals(id: string): Promise<void> {
    await this.#refusals.deleteOne({ _id: id });
  }

  /** Reads one provider. */
  async provider(name: string): Promise<StoredProvider | undefined> {
    const found = await this.#providers.findOne({ _id: name });
    return found === null ? undefined : this.#opened(found);
  }

  /** Creates or replaces a provider; `apiKey` undefined = none. */
  async saveProvider({ name, baseUrl, apiKey, ...times }: StoredProvider): Promise<void> {
    const document: Omit<ProviderDocument, "_id"> = {
      base_url: baseUrl,
      ...(apiKey !== undefined && { api_key: this.#cipher.seal(apiKey, name, baseUrl) }),
      ...toSeconds(times),
      updated_at: new Date(),
    };
    await this.#providers.replaceOne({ _id: name }, document, { upsert: true });
    this.#changed();
  }

  /** Deletes a provider; false when it does not exist. */
  async deleteProvider(name: string): Promise<boolean> {
    return this.#gone((await this.#providers.deleteOne({ _id: name })).deletedCount);
  }

  /** Creates or replaces a model. */
  async saveModel(id: string, settings: ModelSettings): Promise<void> {
    const document = { ...settings, updated_at: new Date() };
    await this.#models.replaceOne({ _id: id }, document, { upsert: true });
    this.#changed();
  }

  /** Deletes a model; false when it does not exist. */
  async deleteModel(id: string): Promise<boolean> {
    return this.#gone((await this.#models.deleteOne({ _id: id })).deletedCount);
  }

  /** Creates or replaces the chain of a purpose. */
  async saveRoute(
    purpose: Purpose,
    route: Pick<RouteDocument, "fallback_chain" | "required">,
  ): Promise<void> {
    const { fallback_chain, required } = route;
    const document = { fallback_chain, required, updated_at: new Date() };
    await this.#routes.replaceOne({ _id: purpose }, document, { upsert: true });
    this.#changed();
  }

  /** Deletes a route; false when it does not exist. */
  async deleteRoute(purpose: Purpose): Promise<boolean> {
    return this.#gone((await this.#routes.deleteOne({ _id: purpose })).deletedCount);
  }

  #gone(count: number): boolean {
    if (count > 0) this.#changed();
    return count > 0;
  }

  #opened({ _id: name, base_url: baseUrl, api_key, ...times }: ProviderDocument): StoredProvider {
    const apiKey = api_key && this.#cipher.open(api_key, name, baseUrl);
    return { name, baseUrl, apiKey, ...toMs(times) };
  }
}

/** Converts timeouts from drivers' milliseconds to the API's seconds. */
export function toSeconds({ connectMs, firstTokenMs, idleMs }: Partial<Provider>): ProviderTimesSettings {
  const inSeconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1_000);
  return {
    connect_s: inSeconds(connectMs),
    first_token_s: inSeconds(firstTokenMs),
    idle_s: inSeconds(idleMs),
  };
}

/** Converts timeouts from the API's seconds to drivers' milliseconds. */
export function toMs(times: ProviderTimesSettings): Pick<Provider, "connectMs" | "firstTokenMs" | "idleMs"> {
  const inMs = (s: number | null | undefined) => (typeof s === "number" ? s * 1_000 : undefined);
  return {
    connectMs: inMs(times.connect_s),
    firstTokenMs: inMs(times.first_token_s),
    idleMs: inMs(times.idle_s),
  };
}
