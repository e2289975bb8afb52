import { readUnchecked } from "../../infra/bus/payload.ts";
import type { OutBatch } from "../../schemas/messages/out-batch.ts";
import type { StreamFrame } from "../../schemas/wire/server-frame.ts";

/** An outgoing frame of a user's stream: its `seq`, and the `seq` of the previous frame on the same wire. */
export type WireFrame = StreamFrame & { seq: number; prev: number };

/** One message of a user's stream. */
export interface Batch {
  /** Sequence in the stream OUT. */
  streamSeq: number;
  items: OutBatch["items"];
  /** Publisher, and the number of this batch among its batches for the user; see {@link BatchChain}. */
  from: string | undefined;
  number: number | undefined;
}

/**
 * Parses a message's payload; undefined when it is not a batch. Checks only the envelope and each frame's
 * type: every edge reads every frame of its users, and full validation would dominate the cost.
 */
export function readBatch(streamSeq: number, data: Uint8Array): Batch | undefined {
  const batch = readUnchecked(data, isBatch);
  return batch && { streamSeq, items: batch.items, from: batch.from, number: batch.number };
}

function isBatch(value: unknown): value is OutBatch {
  const { items } = (value ?? {}) as { items?: { frame?: { type?: unknown } }[] };
  return Array.isArray(items) && items.every((item) => typeof item?.frame?.type === "string");
}

/** `<epoch>-<seq>`, the form of `resume` and of event-stream ids. */
export interface Position {
  epoch: string;
  seq: number;
}

/** Parses `<epoch>-<seq>`; undefined for any other format. */
export function parsePosition(text: string | undefined): Position | undefined {
  const [, epoch, seq] = /^(\d{1,16})-(\d{1,16})$/.exec(text ?? "") ?? [];
  if (epoch === undefined || !Number.isSafeInteger(Number(seq))) return undefined;
  return { epoch, seq: Number(seq) };
}

/** Formats `<epoch>-<seq>`. */
export function formatPosition({ epoch, seq }: Position): string {
  return `${epoch}-${seq}`;
}
