import { z } from "zod";

/** MongoDB collections of memory. */
export const memoryCollections = { memories: "memories", read: "memory_events" } as const;

/**
 * A fact about a user as stored. `slot` names what only one fact can be true of (home, name, liking:coffee): a new one
 * supersedes the older, which stays with `superseded_at` and the id of its successor. `norm` is its text without what
 * makes no difference. `event` is the turn that it comes from.
 */
export const memoryDocumentSchema = z.object({
  _id: z.string(),
  user_id: z.string(),
  content: z.string(),
  category: z.string(),
  priority: z.number(),
  norm: z.string(),
  slot: z.string().nullable(),
  terms: z.string(),
  embedding_model: z.string().nullable(),
  vector: z.unknown(),
  uses: z.int(),
  used_at: z.date().nullable(),
  event: z.string().optional(),
  superseded_at: z.date().nullable(),
  superseded_by: z.string().nullable(),
  created_at: z.date(),
  updated_at: z.date(),
});
/** Its `vector` is the driver's binary, or null. */
export type MemoryDocument = Omit<z.infer<typeof memoryDocumentSchema>, "vector"> & {
  vector: { buffer: Uint8Array } | null;
};

/** What answers show of a memory; a superseded one says since when and by which. */
export const memorySchema = z.object({
  id: z.string(),
  user_id: z.string(),
  content: z.string(),
  category: z.string(),
  priority: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
  superseded_at: z.string().optional(),
  superseded_by: z.string().optional(),
});
export type Memory = z.infer<typeof memorySchema>;

export const memoryCategorySchema = z.string().trim().min(1).max(64);
export const memoryPrioritySchema = z.number().min(0).max(10);

/** A fact before it is stored. */
export const factSchema = z.object({
  content: z.string().trim().min(1).max(2_000),
  category: memoryCategorySchema.default("other"),
  priority: memoryPrioritySchema.default(1),
  slot: z.string().trim().max(128).nullish(),
});
export type Fact = z.infer<typeof factSchema>;

/** `memory.recall`: what is known about a user that matters to `text`. */
export const recallRequestSchema = z.object({ user: z.string(), text: z.string() });
export type RecallRequest = z.infer<typeof recallRequestSchema>;

/** Its answer, most important first. `empty`: nothing at all is known about this user. */
export const recallAnswerSchema = z.object({ facts: z.array(z.string()), empty: z.boolean() });
export type RecallAnswer = z.infer<typeof recallAnswerSchema>;
