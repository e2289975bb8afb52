import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { ActorContext } from "../actor-context.ts";
import type { Embeddings } from "./embeddings.ts";

/** Something whose vectors belong to one embedding model each. */
export interface Renewable<Item extends { _id: string }> {
  name: string;
  /** Some that have no vector of `model`, in the order of their ids, from `after` on. */
  stale(model: string, after: string): Promise<Item[]>;
  renew(items: readonly Item[], model: string): Promise<void>;
}

const probe = "model";
const probeMs = 10_000;

/**
 * Looks now and then for what was embedded by another model than the present one, or by none, and has it embedded anew.
 * Runs in every process; renewing twice must do no harm.
 */
export function startVectorRenewal<Item extends { _id: string }>(
  { lifecycle, log, settings }: Pick<ActorContext, "lifecycle" | "log" | "settings">,
  embeddings: Embeddings,
  what: Renewable<Item>,
): void {
  const look = lookFor(embeddings, what);
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch((err: unknown) => report(log, what.name, err))
      .finally(() => {
        looking = false;
      });
  }, settings.limits.vectorRenewalMs);
  lifecycle.onStop(`renewal of ${what.name}`, () => clearInterval(timer));
}

function lookFor<Item extends { _id: string }>(
  embeddings: Embeddings,
  what: Renewable<Item>,
): () => Promise<void> {
  let after = "";
  return async () => {
    // A model whose name is set is asked nothing, it may cost money, unless there is something for it to do.
    const named = embeddings.configuredModel();
    if (named !== undefined && (await what.stale(named, "")).length === 0) return;
    const { model } = await embeddings.embed([probe], "query", AbortSignal.timeout(probeMs));
    // Going on where the last look ended: what can't be embedded does not stand in the way of the rest.
    let items = await what.stale(model, after);
    if (items.length === 0 && after !== "") items = await what.stale(model, "");
    after = items.at(-1)?._id ?? "";
    if (items.length > 0) await what.renew(items, model);
  };
}

function report(log: Logger, name: string, err: unknown): void {
  if (err instanceof ParleyError) log.debug({ err }, `no vectors for ${name} now`);
  else log.warn({ err }, `vectors of ${name} could not be renewed`);
}
