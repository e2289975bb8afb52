import { randomUUID } from "node:crypto";
import type { Db } from "mongodb";
import {
  type DataState,
  installationCollections,
  type SecretDocument,
} from "../../schemas/documents/installation.ts";
import { dataVersion } from "../installation/migrations.ts";
import { Problem } from "./report.ts";

/** A majority of the replica set is writable. */
export async function checkWrites(db: Db): Promise<string> {
  const probes = db.collection<{ _id: string }>(installationCollections.leases);
  const _id = `doctor ${randomUUID()}`;
  const options = { writeConcern: { w: "majority", wtimeoutMS: 5_000 } } as const;
  try {
    await probes.insertOne({ _id }, options);
    await probes.deleteOne({ _id }, options);
  } catch (err) {
    throw new Problem(
      `MongoDB does not take writes of a majority (${(err as Error).message}): look at rs.status(), and at the user's roles`,
    );
  }
  const { version, setName } = await describeServer(db);
  return `MongoDB ${version}, replica set ${setName}`;
}

async function describeServer(db: Db): Promise<{ version: string; setName: string }> {
  const [info, hello] = await Promise.all([
    db.admin().command({ buildInfo: 1 }),
    db.admin().command({ hello: 1 }),
  ]);
  return { version: String(info.version), setName: String(hello.setName ?? "behind mongos") };
}

/** This program supports the version of the data. */
export async function checkData(db: Db): Promise<string> {
  const state = await db.collection<DataState>(installationCollections.state).findOne({ _id: "data" });
  if (state === null) return "no data yet";
  if (state.version > dataVersion)
    throw new Problem(
      `the data has version ${state.version}, written by Parley ${state.program}; this program knows ${dataVersion}: start the newer one`,
    );
  return `data version ${state.version} of ${dataVersion}`;
}

/** Secrets that are not configured are stored. */
export async function checkSecrets(db: Db): Promise<string> {
  const kept = await db.collection<SecretDocument>(installationCollections.secrets).countDocuments();
  return `${kept} secrets kept in MongoDB`;
}
