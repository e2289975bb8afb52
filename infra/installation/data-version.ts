import { randomUUID } from "node:crypto";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { Collection, Db } from "mongodb";
import { type DataState, installationCollections } from "../../schemas/documents/installation.ts";
import { version as program } from "../checkout.ts";
import type { Logger } from "../log.ts";
import { takeLease, underLease } from "../mongo/lease.ts";
import { versionOf } from "../nats/streams.ts";
import { SettingsError } from "../settings-error.ts";
import { dataVersion, type Migration, type MigrationContext, migrations } from "./migrations.ts";

const leaseName = "migration";
const lookMs = 200;
const reportEveryMs = 5_000;
const waitMs = 300_000;

/** Options for data of another version. */
export interface VersionRules {
  allowDowngrade: boolean;
  log: Logger;
}

/**
 * Compares the streams' version with this program's; read-only.
 * @throws SettingsError when they are newer and that is not allowed
 */
export async function checkStreamVersions(jsm: JetStreamManager, rules: VersionRules): Promise<void> {
  let newest = 0;
  for await (const { config } of jsm.streams.list()) newest = Math.max(newest, versionOf(config));
  refuseNewer({ version: newest, program: "a newer program" }, rules);
}

/**
 * Compares the version of the data in MongoDB with this program's, and runs missing migrations: one process
 * runs them, the others wait.
 * @throws SettingsError when the data is newer and that is not allowed; Error
 * when another process does not finish
 */
export async function migrate(
  context: MigrationContext,
  rules: VersionRules,
  steps: readonly Migration[] = migrations,
): Promise<void> {
  const target = steps.at(-1)?.number ?? 0;
  const states = statesOf(context.db);
  const owner = randomUUID();
  const deadline = performance.now() + waitMs;
  for (let reportAt = performance.now() + reportEveryMs; ; ) {
    const state = await states.findOne({ _id: "data" }, { readConcern: { level: "majority" } });
    if (state !== null) refuseNewer(state, rules, target);
    if ((state?.version ?? 0) >= target) return;
    if (await takeLease(context.db, leaseName, owner)) break;
    if (performance.now() > deadline)
      throw new Error("migration of another process does not finish: check its log, or stop it");
    if (performance.now() > reportAt) {
      reportAt = performance.now() + reportEveryMs;
      rules.log.warn({ version: state?.version ?? 0, target }, "waiting for another process to migrate");
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  await underLease({ db: context.db, log: rules.log }, leaseName, owner, () =>
    runSteps(context, steps, rules.log),
  );
}

async function runSteps(context: MigrationContext, steps: readonly Migration[], log: Logger): Promise<void> {
  const states = statesOf(context.db);
  const state = await states.findOne({ _id: "data" }, { readConcern: { level: "majority" } });
  for (const step of steps) {
    const { number, title } = step;
    if (number <= (state?.version ?? 0)) continue;
    const startedAt = performance.now();
    await step.run(context);
    await states.updateOne(
      { _id: "data" },
      { $set: { version: number, program }, $push: { steps: { number, title, program, at: new Date() } } },
      { upsert: true },
    );
    log.info({ number, title, ms: Math.round(performance.now() - startedAt) }, "migration completed");
  }
}

function refuseNewer(
  found: Pick<DataState, "version" | "program">,
  { allowDowngrade, log }: VersionRules,
  own = dataVersion,
): void {
  if (found.version <= own) return;
  if (!allowDowngrade)
    throw new SettingsError(
      `the data has version ${found.version}, written by Parley ${found.program}; this is Parley ${program}, which knows version ${own}: start the newer program, restore a backup of before, or set ALLOW_DOWNGRADE=true`,
    );
  log.warn({ version: found.version, own }, "program is older than its data");
}

function statesOf(db: Db): Collection<DataState> {
  return db.collection<DataState>(installationCollections.state);
}
