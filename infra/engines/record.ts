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
  /** The parley process that supervises the engines. */
  owner: z.number().int().optional(),
  natsUrl: z.string().optional(),
  mongodbUri: z.string().optional(),
  embeddingsUrl: z.string().optional(),
  sttUrl: z.string().optional(),
  engines: z.record(z.string(), engineSchema).default({}),
});

/** `DATA_DIR/engines.json`: the running engines, their processes and their addresses. */
export type EnginesRecord = z.infer<typeof recordSchema>;

/** Path of the record. */
export function enginesFile(settings: Pick<Settings, "dataDir">): string {
  return join(settings.dataDir, "engines.json");
}

/** The record; an empty one when it is missing or unreadable. */
export function readRecord(settings: Pick<Settings, "dataDir">): EnginesRecord {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(enginesFile(settings), "utf8")));
  } catch {
    return { engines: {} };
  }
}

/** Updates the record; atomic, mode 600 because the URLs contain credentials. Only the owner writes. */
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
