import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { ActorContext } from "../actor-context.ts";
import type { Embeddings } from "./embeddings.ts";

/** A collection whose vectors each belong to one embedding model. */
export interface Renewable<Item extends { _id: string }> {
  name: string;
  /** Items without a vector of `model`, ordered by id, starting after `after`. */
  stale(model: string, after: string): Promise<Item[]>;
  renew(items: readonly Item[], model: string): Promise<void>;
}

const probe = "model";
const probeMs = 10_000;

/**
 * Periodically re-embeds items without a vector of the current embedding model. Runs in every process, so
 * renewal must be idempotent.
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
    // A call may cost money: a model with a configured name is called only when there are items to renew.
    const named = embeddings.configuredModel();
    if (named !== undefined && (await what.stale(named, "")).length === 0) return;
    const { model } = await embeddings.embed([probe], "query", AbortSignal.timeout(probeMs));
    // Continues where the last run ended, so that items that can't be embedded don't block the others.
    let items = await what.stale(model, after);
    if (items.length === 0 && after !== "") items = await what.stale(model, "");
    after = items.at(-1)?._id ?? "";
    if (items.length > 0) await what.renew(items, model);
  };
}

function report(log: Logger, name: string, err: unknown): void {
  if (err instanceof ParleyError)
    log.debug({ err, collection: name }, "vectors not renewed, embeddings unavailable");
  else log.warn({ err, collection: name }, "vectors not renewed");
}
