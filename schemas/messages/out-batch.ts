import { z } from "zod";
import { outItemSchema } from "./out-item.ts";

/** Most frames in one message on `out.user.<uid>`. */
export const outBatchFrames = 64;

/** Wire places of one message: each frame has one, and a free one before it. */
const places = 2 * outBatchFrames;

/** Payload of `out.user.<uid>`: what one event-loop turn of an actor process produced for one user. */
export const outBatchSchema = z.object({
  from: z.string().optional().describe("Process that has published the batch."),
  number: z
    .int()
    .positive()
    .optional()
    .describe(
      "Which of that process's batches for this user it is. A missing number is a batch that was lost.",
    ),
  items: z.array(outItemSchema).min(1).max(outBatchFrames).describe("Frames, in order."),
});
export type OutBatch = z.infer<typeof outBatchSchema>;

/**
 * Wire `seq` of frame `index` of a batch of `count`: counted back from the end of the batch, so that the last frame's
 * `seq` is known from the stream sequence alone.
 */
export function frameSeq(streamSeq: number, index: number, count: number): number {
  return streamSeq * places + places - 1 - 2 * (count - 1 - index);
}

/** The free place before a frame's. */
export function seqBefore(seq: number): number {
  return seq - 1;
}

/** Stream sequence that a wire `seq` belongs to. */
export function streamSeqOf(seq: number): number {
  return Math.floor(seq / places);
}
