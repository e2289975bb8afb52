import type {
  Capability,
  CapabilitySettings,
  ModelRefusals,
} from "../../../schemas/documents/model-settings.ts";
import type { Capabilities, CapabilityMemory } from "./capabilities.ts";

/** Persists a learned refusal. */
export type SaveRefusal = (id: string, capability: Capability) => Promise<void>;

/** Capabilities that models were found to lack, by base URL and model name at the provider. */
export class LearnedCapabilities {
  #stored = new Map<string, ReadonlySet<Capability>>();
  /** Learned in this process and not yet read back from the store. */
  readonly #fresh = new Map<string, Set<Capability>>();
  readonly #save: SaveRefusal;

  constructor(save: SaveRefusal) {
    this.#save = save;
  }

  /** Replaces the refusals read from the store. */
  replace(refusals: readonly ModelRefusals[]): void {
    this.#stored = new Map(refusals.map(({ _id, refused }) => [_id, new Set(refused)]));
  }

  /** The capabilities a model was found to lack. */
  refusedBy(baseUrl: string, model: string): Capabilities {
    const id = refusalsId(baseUrl, model);
    const refused = [...(this.#stored.get(id) ?? []), ...(this.#fresh.get(id) ?? [])];
    return Object.fromEntries(refused.map((capability) => [capability, false]));
  }

  /** The memory of one model. The administrator's settings take precedence over learned capabilities. */
  of(baseUrl: string, model: string, settings: CapabilitySettings = {}): CapabilityMemory {
    const set = Object.fromEntries(
      Object.entries(settings).filter(([, value]) => typeof value === "boolean"),
    );
    return {
      known: () => ({ ...this.refusedBy(baseUrl, model), ...set }),
      learn: (capability) => void this.#learn(refusalsId(baseUrl, model), capability),
    };
  }

  async #learn(id: string, capability: Capability): Promise<void> {
    const fresh = this.#fresh.get(id) ?? new Set();
    this.#fresh.set(id, fresh.add(capability));
    try {
      await this.#save(id, capability);
      const stored = new Set(this.#stored.get(id) ?? []).add(capability);
      this.#stored.set(id, stored);
      fresh.delete(capability);
      if (fresh.size === 0) this.#fresh.delete(id);
    } catch {
      // It applies in this process; it is saved when another process learns it, or this one after a restart.
    }
  }
}

/** Id of a model's learned refusals. */
export function refusalsId(baseUrl: string, model: string): string {
  return `${baseUrl} ${model}`;
}
