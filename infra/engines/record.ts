import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Settings } from "../../schemas/config.ts";

const engineSchema = z.object({
  pid: z.number().int(),
  program: z.string(),
  ports: z.record(z.string(), z.number()),
});

const recordSchema = z.object({
  /** The parley process that watches over the engines. */
  owner: z.number().int().optional(),
  natsUrl: z.string().optional(),
  mongodbUri: z.string().optional(),
  embeddingsUrl: z.string().optional(),
  sttUrl: z.string().optional(),
  engines: z.record(z.string(), engineSchema).default({}),
});

/** `DATA_DIR/engines.json`: which engines run, as which processes, and where they answer. */
export type EnginesRecord = z.infer<typeof recordSchema>;

/** The path of the record. */
export function enginesFile(settings: Pick<Settings, "dataDir">): string {
  return join(settings.dataDir, "engines.json");
}

/** The record, or an empty one when there is none or it can't be read. */
export function readRecord(settings: Pick<Settings, "dataDir">): EnginesRecord {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(enginesFile(settings), "utf8")));
  } catch {
    return { engines: {} };
  }
}

/** Changes the record; atomic, mode 600 because the URLs carry credentials. Only the owner writes. */
export function updateRecord(
  settings: Pick<Settings, "dataDir">,
  change: (record: EnginesRecord) => void,
): void {
  const file = enginesFile(settings);
  const record = readRecord(settings);
  change(record);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.${process.pid}`, file);
}
