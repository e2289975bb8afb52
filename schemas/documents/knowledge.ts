import { z } from "zod";

/** MongoDB collections of knowledge and of the files that it reads. */
export const knowledgeCollections = {
  bases: "knowledge_bases",
  documents: "knowledge_documents",
  chunks: "knowledge_chunks",
} as const;

export const sourceTypeSchema = z.enum(["text", "file", "url"]);
export type SourceType = z.infer<typeof sourceTypeSchema>;

export const ingestionStatusSchema = z.enum(["pending", "ready", "failed"]);

/** A knowledge base as stored. `revision` grows with every change of its chunks, so that an index knows that it is old. */
export const baseDocumentSchema = z.object({
  _id: z.string(),
  user_id: z.string(),
  name: z.string(),
  description: z.string(),
  revision: z.int(),
  created_at: z.date(),
  updated_at: z.date(),
});
export type BaseDocument = z.infer<typeof baseDocumentSchema>;

/**
 * A document of a base as stored. Its chunks are those of `chunk_set`: a new set is written whole before it replaces the
 * one before. `embedding_model` is null where the chunks have no vectors.
 */
export const sourceDocumentSchema = z.object({
  _id: z.string(),
  kb_id: z.string(),
  user_id: z.string(),
  title: z.string(),
  source_type: sourceTypeSchema,
  source_ref: z.string(),
  content_type: z.string(),
  raw_content: z.string(),
  chunk_count: z.int(),
  chunk_set: z.string().nullable(),
  embedding_model: z.string().nullable(),
  status: ingestionStatusSchema,
  error: z.string().optional(),
  created_at: z.date(),
  updated_at: z.date(),
});
export type SourceDocument = z.infer<typeof sourceDocumentSchema>;

/** Where in its document a chunk stands: the headings above it, and its characters in `raw_content`. */
export const placeSchema = z.object({ heading: z.string(), start: z.int(), end: z.int() });

/** A chunk as stored. `terms` are its search terms, `vector` its embedding (see actors/text/vector.ts). */
export const chunkDocumentSchema = placeSchema.extend({
  _id: z.string(),
  user_id: z.string(),
  kb_id: z.string(),
  document_id: z.string(),
  set: z.string(),
  index: z.int(),
  content: z.string(),
  terms: z.string(),
  vector: z.unknown(),
});
/** Its `vector` is the driver's binary, or null. */
export type ChunkDocument = Omit<z.infer<typeof chunkDocumentSchema>, "vector"> & {
  vector: { buffer: Uint8Array } | null;
};

/** What answers show of a base. */
export const knowledgeBaseSchema = z.object({
  id: z.string(),
  user_id: z.string(),
  name: z.string(),
  description: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  doc_count: z.int(),
});
export type KnowledgeBase = z.infer<typeof knowledgeBaseSchema>;

/** What answers show of a document. */
export const knowledgeDocumentSchema = z.object({
  id: z.string(),
  kb_id: z.string(),
  user_id: z.string(),
  title: z.string(),
  source_type: sourceTypeSchema,
  source_ref: z.string(),
  content_type: z.string(),
  raw_content: z.string(),
  chunk_count: z.int(),
  status: ingestionStatusSchema,
  error: z.string().optional(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type KnowledgeDocument = z.infer<typeof knowledgeDocumentSchema>;

/** What answers show of a chunk. */
export const knowledgeChunkSchema = placeSchema.extend({
  id: z.string(),
  document_id: z.string(),
  kb_id: z.string(),
  index: z.int(),
  content: z.string(),
});
export type KnowledgeChunk = z.infer<typeof knowledgeChunkSchema>;

/** A chunk that was found; `score` is 0 to 1. */
export const foundChunkSchema = knowledgeChunkSchema.extend({
  document_title: z.string(),
  score: z.number().min(0).max(1),
});
export type FoundChunk = z.infer<typeof foundChunkSchema>;

/** Work on a document, on `knowledge.job.<user>.<document>`: read it from its source, or only make its vectors anew. */
export const knowledgeJobSchema = z.object({
  kind: z.enum(["ingest", "embed"]),
  user: z.string(),
  document: z.string(),
});
export type KnowledgeJob = z.infer<typeof knowledgeJobSchema>;

/** `knowledge.recall`: passages of a user's documents that may answer `text`. */
export const passageRequestSchema = z.object({ user: z.string(), text: z.string() });
export type PassageRequest = z.infer<typeof passageRequestSchema>;

/** A passage for a prompt, with where it stands. */
export const passageSchema = z.object({
  document_id: z.string(),
  title: z.string(),
  heading: z.string(),
  index: z.int(),
  content: z.string(),
});
export type Passage = z.infer<typeof passageSchema>;

/** Its answer, best first. `empty`: this user has no documents at all. */
export const passageAnswerSchema = z.object({ passages: z.array(passageSchema), empty: z.boolean() });
export type PassageAnswer = z.infer<typeof passageAnswerSchema>;
