import type {
  ChunkDocument,
  KnowledgeBase,
  KnowledgeChunk,
  KnowledgeDocument,
  SourceDocument,
} from "../../schemas/documents/knowledge.ts";
import type { CountedBase } from "./knowledge-store.ts";

/** API view of a base. */
export function baseView(base: CountedBase): KnowledgeBase {
  const { _id, user_id, name, description, created_at, updated_at, doc_count } = base;
  return {
    id: _id,
    user_id,
    name,
    description,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
    doc_count,
  };
}

/** API view of a document, its text truncated to `maxChars`. */
export function documentView(
  document: SourceDocument,
  maxChars = Number.POSITIVE_INFINITY,
): KnowledgeDocument {
  return {
    id: document._id,
    kb_id: document.kb_id,
    user_id: document.user_id,
    title: document.title,
    source_type: document.source_type,
    source_ref: document.source_ref,
    content_type: document.content_type,
    raw_content: document.raw_content.slice(0, maxChars),
    chunk_count: document.chunk_count,
    status: document.status,
    ...(document.error !== undefined && { error: document.error }),
    ...(document.warning !== undefined && { warning: document.warning }),
    ...(document.quality !== undefined && { quality: document.quality }),
    ...(document.encoding !== undefined && { encoding: document.encoding }),
    created_at: document.created_at.toISOString(),
    updated_at: document.updated_at.toISOString(),
  };
}

/** API view of a chunk. */
export function chunkView(chunk: ChunkDocument): KnowledgeChunk {
  const { _id, document_id, kb_id, index, content, heading, start, end, page } = chunk;
  return {
    ...{ id: _id, document_id, kb_id, index, content, heading, start, end },
    ...(page !== undefined && { page }),
  };
}

/** The first items that fit into `bytes`; at least one. */
export function fitting<Item>(items: readonly Item[], bytes: number): Item[] {
  let left = bytes;
  const end = items.findIndex((item) => {
    left -= Buffer.byteLength(JSON.stringify(item)) + 1;
    return left < 0;
  });
  return end < 0 ? [...items] : items.slice(0, Math.max(1, end));
}
