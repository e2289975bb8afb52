import { readUnchecked } from "../../infra/bus/payload.ts";
import type { OutBatch } from "../../schemas/messages/out-batch.ts";
import type { StreamFrame } from "../../schemas/wire/server-frame.ts";

/** A frame of a user's stream as it goes out: its `seq`, and the `seq` of the frame before it on the same wire. */
export type WireFrame = StreamFrame & { seq: number; prev: number };

/** One message of a user's stream. */
export interface Batch {
  /** Sequence in the stream OUT. */
  streamSeq: number;
  items: OutBatch["items"];
  /** Who has published it, and which of its batches for this user it is; see {@link BatchChain}. */
  from: string | undefined;
  number: number | undefined;
}

/**
 * Reads a message's payload; undefined when it is no batch. Only the envelope and the type of each frame are checked: every
 * edge reads every frame of its users, and a run of the whole schema would cost more than all else it does with one.
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

/** Reads `<epoch>-<seq>`; undefined when it has another form. */
export function parsePosition(text: string | undefined): Position | undefined {
  const [, epoch, seq] = /^(\d{1,16})-(\d{1,16})$/.exec(text ?? "") ?? [];
  if (epoch === undefined || !Number.isSafeInteger(Number(seq))) return undefined;
  return { epoch, seq: Number(seq) };
}

/** Writes `<epoch>-<seq>`. */
export function formatPosition({ epoch, seq }: Position): string {
  return `${epoch}-${seq}`;
}
