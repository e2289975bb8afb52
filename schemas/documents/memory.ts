import { z } from "zod";

/** MongoDB collections of memory. */
export const memoryCollections = { memories: "memories", read: "memory_events" } as const;

/**
 * A stored fact about a user. `slot` names a property with a single value (home, name, liking:coffee): a new
 * fact supersedes the previous one, which is kept with `superseded_at` and its successor's id. `norm` is its
 * normalized text. `event` is the turn it was extracted from.
 */
export const memoryDocumentSchema = z.object({
  _id: z.string().describe("Key of the document."),
  user_id: z.string().describe("Id of the user."),
  content: z.string().describe("The fact as a sentence."),
  category: z.string().describe("Kind of fact, such as `preference`."),
  priority: z.number().describe("Weight of the fact, higher is more important."),
  norm: z.string().describe("Text in the form in which facts are compared."),
  slot: z
    .string()
    .nullable()
    .describe("What the fact is about; a newer fact of one slot replaces the older."),
  terms: z.string().describe("Words by which it is found."),
  embedding_model: z.string().nullable().describe("Model that made the vector."),
  vector: z.unknown().describe("Embedding of the text."),
  uses: z.int().describe("How often the fact was part of a prompt."),
  used_at: z.date().nullable().describe("When it was last used."),
  event: z.string().optional().describe("Id of the event from which the fact comes."),
  superseded_at: z.date().nullable().describe("When a newer fact replaced it."),
  superseded_by: z.string().nullable().describe("Id of the fact that replaced it."),
  created_at: z.date().describe("When it was created, ISO 8601."),
  updated_at: z.date().describe("When it was last changed, ISO 8601."),
});
/** Its `vector` is the driver's binary, or null. */
export type MemoryDocument = Omit<z.infer<typeof memoryDocumentSchema>, "vector"> & {
  vector: { buffer: Uint8Array } | null;
};

/** A memory in the API; a superseded one has the time and its successor. */
export const memorySchema = z.object({
  id: z.string().describe("Id of the entry."),
  user_id: z.string().describe("Id of the user."),
  content: z.string().describe("The fact as a sentence."),
  category: z.string().describe("Kind of fact, such as `preference`."),
  priority: z.number().describe("Weight of the fact, higher is more important."),
  created_at: z.string().describe("When it was created, ISO 8601."),
  updated_at: z.string().describe("When it was last changed, ISO 8601."),
  superseded_at: z.string().optional().describe("When a newer fact replaced it."),
  superseded_by: z.string().optional().describe("Id of the fact that replaced it."),
});
export type Memory = z.infer<typeof memorySchema>;

export const memoryCategorySchema = z.string().trim().min(1).max(64);
export const memoryPrioritySchema = z.number().min(0).max(10);

/** A fact before it is stored. */
export const factSchema = z.object({
  content: z.string().trim().min(1).max(2_000).describe("The fact as a sentence."),
  category: memoryCategorySchema.default("other").describe("Kind of fact, such as `preference`."),
  priority: memoryPrioritySchema.default(1).describe("Weight of the fact, higher is more important."),
  slot: z
    .string()
    .trim()
    .max(128)
    .nullish()
    .describe("What the fact is about; a newer fact of one slot replaces the older."),
});
export type Fact = z.infer<typeof factSchema>;

/** `memory.recall`: facts about a user relevant to `text`. */
export const recallRequestSchema = z.object({
  user: z.string().describe("Id of the user."),
  text: z.string().describe("The text."),
});

/** Its answer, most important first. `empty`: no facts about this user are stored. */
export const recallAnswerSchema = z.object({
  facts: z.array(z.string()).describe("Facts about the user that matter to the text."),
  empty: z.boolean().describe("Whether nothing at all is known of the user."),
});
export type RecallAnswer = z.infer<typeof recallAnswerSchema>;
