import type { StreamConfig } from "@nats-io/jetstream";
import { BSON, type Document } from "mongodb";

/** Version of the file format. */
export const formatVersion = 1;

/** A stream's configuration and its last sequences. */
export interface StreamRecord {
  kind: "stream";
  config: StreamConfig;
  last_seq: number;
}

/** One line of a backup: a header, then streams, messages and documents in any order, then the end. */
export type BackupRecord =
  | { kind: "header"; format: number; data_version: number; program: string; at: string }
  | StreamRecord
  | { kind: "message"; stream: string; subject: string; headers: [string, string][]; data: string }
  /** A collection created with options: MongoDB can't add them later. */
  | { kind: "collection"; name: string; options: Document }
  | { kind: "document"; collection: string; document: Document }
  | { kind: "end"; records: number };

/** Serializes a record as a line. Documents keep MongoDB's types (extended JSON). */
export function encodeRecord(record: BackupRecord): string {
  return `${BSON.EJSON.stringify(record, { relaxed: false })}\n`;
}

/** Parses a line. @throws Error when it is not a record */
export function decodeRecord(line: string): BackupRecord {
  const record = BSON.EJSON.parse(line, { relaxed: true }) as BackupRecord;
  if (typeof record !== "object" || record === null || typeof record.kind !== "string")
    throw new Error("invalid backup record");
  return record;
}
