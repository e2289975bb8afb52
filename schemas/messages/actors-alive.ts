import { z } from "zod";

/**
 * Heartbeat of an actor process on `actors.alive.<id>`, every second: a hint about ownership, never a lock.
 * `partitions` lists what it holds of each keyed stream (`session`, later `device`, `automation`).
 */
export const actorsAliveSchema = z.object({
  id: z.string(),
  leaving: z.boolean(),
  partitions: z.record(z.string(), z.array(z.int())),
});
export type ActorsAlive = z.infer<typeof actorsAliveSchema>;

/** Request to the owner of a partition (`actors.move.<id>`): finish what runs in it and let go. */
export const moveRequestSchema = z.object({ group: z.string(), partition: z.int() });
export type MoveRequest = z.infer<typeof moveRequestSchema>;

/** Answer, once nothing of that partition runs any more. `aborted`: runs that were cut short, by sequence, with the attempt they had shown. */
export const moveAnswerSchema = z.object({ aborted: z.array(z.object({ seq: z.int(), attempt: z.int() })) });
export type MoveAnswer = z.infer<typeof moveAnswerSchema>;
