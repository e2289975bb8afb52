import { z } from "zod";

/** MongoDB collections of knowledge and of the files that it reads. */
export const knowledgeCollections = {
  bases: "knowledge_bases",
  documents: "knowledge_documents",
  chunks: "knowledge_chunks",
} as const;

export const sourceTypeSchema = z.enum(["text", "file", "url"]);

export const ingestionStatusSchema = z.enum(["pending", "ready", "failed"]);

/** A stored knowledge base. `revision` increases with every change of its chunks and invalidates indexes. */
export const baseDocumentSchema = z.object({
  _id: z.string().describe("Key of the document."),
  user_id: z.string().describe("Id of the user."),
  name: z.string().describe("Name."),
  description: z.string().describe("Description in words."),
  revision: z.int().describe("Raised with each change, so that caches notice."),
  created_at: z.date().describe("When it was created, ISO 8601."),
  updated_at: z.date().describe("When it was last changed, ISO 8601."),
});
export type BaseDocument = z.infer<typeof baseDocumentSchema>;

/** Work on a document: parse its source, embed it again, or announce a new set of chunks to the indexes. */
export const documentWorkSchema = z.enum(["ingest", "embed", "announce"]);
export type DocumentWork = z.infer<typeof documentWorkSchema>;

/** Lease on a document's work; another process may take it over after it has expired. */
export const leaseSchema = z.object({
  id: z.string().describe("Id of the process's claim."),
  until: z.date().describe("When the lease expires, ISO 8601."),
});

/**
 * A stored document of a base. Its chunks are those of `chunk_set`: a new set is written completely before it
 * replaces the previous one. `embedding_model` is null when the chunks have no vectors.
 */
export const sourceDocumentSchema = z.object({
  _id: z.string().describe("Key of the document."),
  kb_id: z.string().describe("Id of the knowledge base."),
  user_id: z.string().describe("Id of the user."),
  title: z.string().describe("Title."),
  source_type: sourceTypeSchema.describe("Where the document comes from."),
  source_ref: z.string().describe("Where the document comes from: a URL, a file id or nothing."),
  content_type: z.string().describe("Media type of the content."),
  raw_content: z.string().describe("Text of the document."),
  chunk_count: z.int().describe("Number of passages."),
  chunk_set: z
    .string()
    .nullable()
    .describe("Set of passages that search uses; replaced as a whole when ingestion ends."),
  embedding_model: z.string().nullable().describe("Model that made the vector."),
  status: ingestionStatusSchema.describe("State of the entry."),
  error: z.string().optional().describe("What went wrong, in words."),
  warning: z.string().optional().describe("What is missing or doubtful in the text, in words."),
  quality: z.number().optional().describe("Share of the characters that are readable, 0 to 1."),
  encoding: z
    .string()
    .optional()
    .describe("Encoding of a text source, as the WHATWG Encoding Standard spells it."),
  pages: z.array(z.int()).optional().describe("Where in the text each page begins, for paged documents."),
  work: documentWorkSchema.nullable().optional().describe("What is still to be done with the document."),
  lease: leaseSchema.nullable().optional().describe("Who works on the document, and until when they own it."),
  attempts: z.int().optional().describe("Times that the work was begun."),
  created_at: z.date().describe("When it was created, ISO 8601."),
  updated_at: z.date().describe("When it was last changed, ISO 8601."),
});
export type SourceDocument = z.infer<typeof sourceDocumentSchema>;

/** Position of a chunk in its document: its headings, and its character range in `raw_content`. */
export const placeSchema = z.object({
  heading: z.string().describe("Headings above the passage."),
  start: z.int().describe("Position of the first character."),
  end: z.int().describe("Position after the last character."),
  page: z.int().optional().describe("Page on which it begins, from 1, for paged documents."),
});

/** A stored chunk. `terms` are its search terms, `vector` its embedding (see actors/text/vector.ts). */
export const chunkDocumentSchema = placeSchema.extend({
  _id: z.string().describe("Key of the document."),
  user_id: z.string().describe("Id of the user."),
  kb_id: z.string().describe("Id of the knowledge base."),
  document_id: z.string().describe("Id of the document."),
  set: z.string().describe("Set of passages that it belongs to."),
  index: z.int().describe("Position in the list, from 0."),
  content: z.string().describe("Text of the passage."),
  terms: z.string().describe("Words by which it is found."),
  vector: z.unknown().describe("Embedding of the text."),
});
/** Its `vector` is the driver's binary, or null. */
export type ChunkDocument = Omit<z.infer<typeof chunkDocumentSchema>, "vector"> & {
  vector: { buffer: Uint8Array } | null;
};

/** A base in the API. */
export const knowledgeBaseSchema = z.object({
  id: z.string().describe("Id of the entry."),
  user_id: z.string().describe("Id of the user."),
  name: z.string().describe("Name."),
  description: z.string().describe("Description in words."),
  created_at: z.string().describe("When it was created, ISO 8601."),
  updated_at: z.string().describe("When it was last changed, ISO 8601."),
  doc_count: z.int().describe("Number of documents."),
});
export type KnowledgeBase = z.infer<typeof knowledgeBaseSchema>;

/** A document in the API. */
export const knowledgeDocumentSchema = z.object({
  id: z.string().describe("Id of the entry."),
  kb_id: z.string().describe("Id of the knowledge base."),
  user_id: z.string().describe("Id of the user."),
  title: z.string().describe("Title."),
  source_type: sourceTypeSchema.describe("Where the document comes from."),
  source_ref: z.string().describe("Where the document comes from: a URL, a file id or nothing."),
  content_type: z.string().describe("Media type of the content."),
  raw_content: z.string().describe("Text of the document."),
  chunk_count: z.int().describe("Number of passages."),
  status: ingestionStatusSchema.describe("State of the entry."),
  error: z.string().optional().describe("What went wrong, in words."),
  warning: z.string().optional().describe("What is missing or doubtful in the text, in words."),
  quality: z.number().optional().describe("Share of the characters that are readable, 0 to 1."),
  encoding: z
    .string()
    .optional()
    .describe("Encoding of a text source, as the WHATWG Encoding Standard spells it."),
  created_at: z.string().describe("When it was created, ISO 8601."),
  updated_at: z.string().describe("When it was last changed, ISO 8601."),
});
export type KnowledgeDocument = z.infer<typeof knowledgeDocumentSchema>;

/** A chunk in the API. */
export const knowledgeChunkSchema = placeSchema.extend({
  id: z.string().describe("Id of the entry."),
  document_id: z.string().describe("Id of the document."),
  kb_id: z.string().describe("Id of the knowledge base."),
  index: z.int().describe("Position in the list, from 0."),
  content: z.string().describe("Text of the passage."),
});
export type KnowledgeChunk = z.infer<typeof knowledgeChunkSchema>;

/** A search result; `score` is 0 to 1. */
export const foundChunkSchema = knowledgeChunkSchema.extend({
  document_title: z.string().describe("Title of the document."),
  score: z.number().min(0).max(1).describe("How well it matches, from 0 to 1."),
});
export type FoundChunk = z.infer<typeof foundChunkSchema>;

/** `knowledge.recall`: passages of a user's documents relevant to `text`. */
export const passageRequestSchema = z.object({
  user: z.string().describe("Id of the user."),
  text: z.string().describe("The text."),
});
export type PassageRequest = z.infer<typeof passageRequestSchema>;

/** A passage for a prompt, with its position. */
export const passageSchema = z.object({
  document_id: z.string().describe("Id of the document."),
  title: z.string().describe("Title."),
  heading: z.string().describe("Headings above the passage."),
  page: z.int().optional().describe("Page on which it begins, from 1, for paged documents."),
  index: z.int().describe("Position in the list, from 0."),
  content: z.string().describe("Text of the passage."),
});
export type Passage = z.infer<typeof passageSchema>;

/** Its answer, best first. `empty`: this user has no documents. */
export const passageAnswerSchema = z.object({
  passages: z.array(passageSchema).describe("Passages, best first."),
  empty: z.boolean().describe("Whether nothing at all is known of the user."),
});
export type PassageAnswer = z.infer<typeof passageAnswerSchema>;
