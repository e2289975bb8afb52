import { MongoBulkWriteError } from "mongodb";
import type { Logger } from "../../infra/log.ts";
import { duplicateKey } from "../../infra/mongo/duplicate-key.ts";
import { persist } from "./persist.ts";

/** An item rejected by the store, with the store's reason. */
export interface RefusedItem<T> {
  item: T;
  reason: string;
}

/** Writes items in one unordered command, with one operation per item in the same order. */
export type WriteItems<T> = (items: readonly T[]) => Promise<unknown>;

/**
 * Writes items of several users in one command and returns those that the store rejects. Outages are retried,
 * including an interrupted command. A command rejected as a whole is bisected, so that one item never costs
 * another its write. A duplicate key means that the item is already stored.
 */
export async function writeBatch<T>(
  log: Logger,
  what: string,
  items: readonly T[],
  write: WriteItems<T>,
): Promise<RefusedItem<T>[]> {
  if (items.length === 0) return [];
  try {
    await persist(log, what, () => write(items));
    return [];
  } catch (err) {
    const failures = err instanceof MongoBulkWriteError ? [err.writeErrors].flat() : [];
    // An unordered command writes all items that are not listed as failed.
    if (failures.length > 0)
      return failures
        .filter(({ code }) => code !== duplicateKey)
        .flatMap(({ index, errmsg }) => refused(log, what, items[index], errmsg ?? "refused"));
    if (items.length === 1) return refused(log, what, items[0], reasonOf(err));
  }
  const middle = items.length >> 1;
  return [
    ...(await writeBatch(log, what, items.slice(0, middle), write)),
    ...(await writeBatch(log, what, items.slice(middle), write)),
  ];
}

function refused<T>(log: Logger, what: string, item: T | undefined, reason: string): RefusedItem<T>[] {
  if (item === undefined) return [];
  const id = (item as { _id?: unknown })._id;
  log.warn({ what, reason, ...(id !== undefined && { id }) }, "item rejected by the store");
  return [{ item, reason }];
}

function reasonOf(err: unknown): string {
  return err instanceof Error ? err.message.slice(0, 256) : "refused";
}
