import { parentPort, workerData } from "node:worker_threads";
import { type Format, readDocument } from "./document-text.ts";
import { UnreadableError } from "./unreadable-error.ts";

/** What the worker is given. */
export interface ParseTask {
  bytes: Uint8Array;
  format: Format;
  maxBytes: number;
}

/** What it answers, once. */
export type ParseResult = { text: string } | { unreadable: string } | { failed: string };

const { bytes, format, maxBytes } = workerData as ParseTask;
let result: ParseResult;
try {
  result = { text: await readDocument(bytes, format, maxBytes) };
} catch (err) {
  result = err instanceof UnreadableError ? { unreadable: err.message } : { failed: String(err) };
}
parentPort?.postMessage(result);
