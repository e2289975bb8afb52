import type {
  Capability,
  CapabilitySettings,
  ModelRefusals,
} from "../../../schemas/documents/model-settings.ts";
import type { Capabilities, CapabilityMemory } from "./capabilities.ts";

/** Keeps what was learned beyond this process. */
export type SaveRefusal = (id: string, capability: Capability) => Promise<void>;

/** What the models of this installation were found not to take, by base URL and name at the provider. */
export class LearnedCapabilities {
  #stored = new Map<string, ReadonlySet<Capability>>();
  /** Learned here and not yet read back. */
  readonly #fresh = new Map<string, Set<Capability>>();
  readonly #save: SaveRefusal;

  constructor(save: SaveRefusal) {
    this.#save = save;
  }

  /** Takes what is stored in place of what was read before. */
  replace(refusals: readonly ModelRefusals[]): void {
    this.#stored = new Map(refusals.map(({ _id, refused }) => [_id, new Set(refused)]));
  }

  /** What a model was found not to take. */
  refusedBy(baseUrl: string, model: string): Capabilities {
    const id = refusalsId(baseUrl, model);
    const refused = [...(this.#stored.get(id) ?? []), ...(this.#fresh.get(id) ?? [])];
    return Object.fromEntries(refused.map((capability) => [capability, false]));
  }

  /** The memory of one model. What the administrator has set comes before what was learned. */
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
      // It holds in this process; it is saved when another one learns it, or this one after its next start.
    }
  }
}

/** Id of what was learned of a model. */
export function refusalsId(baseUrl: string, model: string): string {
  return `${baseUrl} ${model}`;
}
