import type { Collection, Db } from "mongodb";
import { installationCollections, type Lease } from "../../schemas/documents/installation.ts";
import type { Logger } from "../log.ts";
import { isDuplicateKey } from "./duplicate-key.ts";

const leaseMs = 30_000;
const renewMs = 10_000;

/** Acquires or renews a lease by MongoDB's clock; returns whether `owner` holds it. */
export async function takeLease(db: Db, name: string, owner: string): Promise<boolean> {
  const free = {
    $or: [
      { $eq: [{ $type: "$owner" }, "missing"] },
      { $eq: ["$owner", owner] },
      { $lt: ["$until", "$$NOW"] },
    ],
  };
  const take = [
    {
      $set: {
        owner: { $cond: [free, owner, "$owner"] },
        until: { $cond: [free, { $add: ["$$NOW", leaseMs] }, "$until"] },
      },
    },
  ];
  try {
    const options = { upsert: true, returnDocument: "after" } as const;
    return (await leasesOf(db).findOneAndUpdate({ _id: name }, take, options))?.owner === owner;
  } catch (err) {
    // Concurrent first upserts: one of them has lost.
    if (isDuplicateKey(err)) return false;
    throw err;
  }
}

/** Runs `work` under a lease held by `owner`: renews it meanwhile and releases it at the end. */
export async function underLease<T>(
  { db, log }: { db: Db; log: Logger },
  name: string,
  owner: string,
  work: () => Promise<T>,
): Promise<T> {
  const renewal = setInterval(() => {
    takeLease(db, name, owner).catch((err: unknown) => log.warn({ err, lease: name }, "lease not renewed"));
  }, renewMs);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await leasesOf(db).deleteOne({ _id: name, owner });
  }
}

function leasesOf(db: Db): Collection<Lease> {
  return db.collection<Lease>(installationCollections.leases);
}
