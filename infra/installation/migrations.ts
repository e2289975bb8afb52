import type { Db } from "mongodb";
import type { NatsConnection } from "nats";
import type { Settings } from "../../schemas/config.ts";
import { importFormerSecrets } from "./secrets.ts";

/** Context of a migration. */
export interface MigrationContext {
  db: Db;
  nc: NatsConnection;
  settings: Settings;
}

/** One numbered change of stored data, run once. It may be interrupted and rerun from the beginning. */
export interface Migration {
  number: number;
  title: string;
  run(context: MigrationContext): Promise<void>;
}

/**
 * Migrations in order of their numbers. A released one is never changed or removed. One is added only for
 * data that the previous version can't read: its number is the version of the data, and older programs refuse
 * to start on it.
 */
export const migrations: readonly Migration[] = [
  {
    number: 1,
    title: "copy secrets from NATS or DATA_DIR to MongoDB",
    run: ({ settings, db, nc }) => importFormerSecrets(settings, { db, nc }),
  },
];

/** Version of the data that this program writes. */
export const dataVersion = migrations.at(-1)?.number ?? 0;
