import type { Collection, Db } from "mongodb";
import { collections } from "../../schemas/documents/collections.ts";
import type {
  ModelDocument,
  ModelSettings,
  ProviderDocument,
  Purpose,
  RouteDocument,
} from "../../schemas/documents/model-settings.ts";
import { KeyCipher } from "./key-cipher.ts";
import type { Provider } from "./openai-provider.ts";

/** A provider with its key in the clear. */
export interface StoredProvider extends Provider {
  name: string;
}

/** Everything that the administrator has configured of models. */
export interface ModelConfiguration {
  providers: StoredProvider[];
  models: ModelDocument[];
  routes: RouteDocument[];
}

/** Providers, models and routes in MongoDB. */
export class SettingsStore {
  readonly #providers: Collection<ProviderDocument>;
  readonly #models: Collection<ModelDocument>;
  readonly #routes: Collection<RouteDocument>;
  readonly #cipher: KeyCipher;
  readonly #changed: () => void;

  /** `changed` runs after each write. */
  constructor(db: Db, encryptionKey: Buffer, changed: () => void) {
    this.#providers = db.collection(collections.modelProviders);
    this.#models = db.collection(collections.models);
    this.#routes = db.collection(collections.modelRoutes);
    this.#cipher = new KeyCipher(encryptionKey);
    this.#changed = changed;
  }

  /** All of it; providers by name, models by priority. */
  async read(): Promise<ModelConfiguration> {
    const [providers, models, routes] = await Promise.all([
      this.#providers.find().sort({ _id: 1 }).toArray(),
      this.#models.find().sort({ priority: 1, _id: 1 }).toArray(),
      this.#routes.find().sort({ _id: 1 }).toArray(),
    ]);
    return { providers: providers.map((one) => this.#opened(one)), models, routes };
  }

  /** One provider. */
  async provider(name: string): Promise<StoredProvider | undefined> {
    const found = await this.#providers.findOne({ _id: name });
    return found === null ? undefined : this.#opened(found);
  }

  /** Creates or replaces a provider; `apiKey` undefined = it has none. */
  async saveProvider({ name, baseUrl, apiKey }: StoredProvider): Promise<void> {
    const document: Omit<ProviderDocument, "_id"> = {
      base_url: baseUrl,
      ...(apiKey !== undefined && { api_key: this.#cipher.seal(apiKey, name, baseUrl) }),
      updated_at: new Date(),
    };
    await this.#providers.replaceOne({ _id: name }, document, { upsert: true });
    this.#changed();
  }

  /** Whether there was one. */
  async deleteProvider(name: string): Promise<boolean> {
    return this.#gone((await this.#providers.deleteOne({ _id: name })).deletedCount);
  }

  /** Creates or replaces a model. */
  async saveModel(id: string, settings: ModelSettings): Promise<void> {
    const document = { ...settings, updated_at: new Date() };
    await this.#models.replaceOne({ _id: id }, document, { upsert: true });
    this.#changed();
  }

  /** Whether there was one. */
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

  /** Whether there was one. */
  async deleteRoute(purpose: Purpose): Promise<boolean> {
    return this.#gone((await this.#routes.deleteOne({ _id: purpose })).deletedCount);
  }

  #gone(count: number): boolean {
    if (count > 0) this.#changed();
    return count > 0;
  }

  #opened({ _id: name, base_url: baseUrl, api_key }: ProviderDocument): StoredProvider {
    return { name, baseUrl, apiKey: api_key && this.#cipher.open(api_key, name, baseUrl) };
  }
}
