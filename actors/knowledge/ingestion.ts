import { randomUUID } from "node:crypto";
import { fetchOutbound, OutboundError } from "../../infra/outbound-http.ts";
import type { Settings } from "../../infra/settings.ts";
import type { SourceDocument } from "../../schemas/documents/knowledge.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import type { OutPublisher } from "../egress/out-publisher.ts";
import type { DocumentReader } from "../extraction/document-reader.ts";
import type { ReadText } from "../extraction/extracted-text.ts";
import { charsetOf, formatOfDocument } from "../extraction/format.ts";
import { UnreadableError } from "../extraction/unreadable-error.ts";
import type { UserFiles } from "../files/user-files.ts";
import type { Embeddings } from "../models/embeddings.ts";
import { packVector } from "../text/vector.ts";
import { embeddedTexts, searchTerms } from "./chunk-text.ts";
import { chunkVectors } from "./chunk-vectors.ts";
import { type Chunk, chunkText } from "./chunker.ts";
import type { WorkRun } from "./document-queue.ts";
import type { KnowledgeStore, NewChunk } from "./knowledge-store.ts";

/** Dependencies of ingestion. */
export interface IngestionContext {
  store: KnowledgeStore;
  files: Pick<UserFiles, "find" | "bytes">;
  reader: Pick<DocumentReader, "read">;
  embeddings: Embeddings;
  out: Pick<OutPublisher, "frame">;
  /** Publishes that a user's knowledge has changed. */
  changed(user: string): void;
  settings: Settings;
}

/** Text and metadata extracted from a source. */
type SourceText = Partial<Omit<ReadText, "text">> & { text: string; contentType: string; ref: string };

/** Passages per request to the embedded server, which is sequential: bounds the wait of query embeddings. */
const embeddedBatch = 1;
const remoteBatch = 16;
/** Permanent errors. */
const lasting = new Set<string>(["url_not_allowed", "file_missing", "file_too_large"]);
const progressEveryMs = 500;
/** Progress after the text has been read. */
const readShare = 0.1;

/** Turns a source into searchable chunks: read, split, embed, replace. Idempotent. */
export class Ingestion {
  readonly #context: IngestionContext;

  constructor(context: IngestionContext) {
    this.#context = context;
  }

  /** Processes a document. Permanent errors are stored in the document. @throws transient errors */
  async run({ document, last, signal }: WorkRun): Promise<void> {
    if (document.work === "announce") return this.#announce(document);
    const { knowledgeAttempts } = this.#context.settings.limits;
    try {
      if (document.work === "embed") await this.#embedAgain(document, signal);
      // The work has crashed its process repeatedly.
      else if (document.attempts > knowledgeAttempts) await this.#fail(document, "处理失败");
      else await this.#ingest(document, signal);
    } catch (err) {
      if (signal.aborted) throw signal.reason;
      const reason = reasonOf(err);
      if (reason === undefined && !last) throw err;
      if (document.work === "ingest") await this.#fail(document, reason ?? "处理失败");
    }
  }

  async #ingest(document: SourceDocument, signal: AbortSignal): Promise<void> {
    const { store, settings } = this.#context;
    this.#progress(document, "running", 0, "正在读取");
    const source = await this.#read(document, signal);
    const chunks = chunkText(source.text);
    const room = settings.limits.knowledgeChunks - (await store.countChunks(document.user_id));
    if (chunks.length > room) throw new UnreadableError("知识库容量已满");
    const embedded = await this.#embed(document, chunks, signal);
    const set = newId("set_");
    const pageOf = pageFinder(source.pages);
    await store.addChunks(
      chunks.map((chunk, index) =>
        newChunk(document, set, { ...chunk, page: pageOf(chunk.start) }, index, embedded),
      ),
    );
    const { quality, warning, encoding, pages } = source;
    const there = await store.switchChunks(document, set, {
      raw_content: source.text,
      content_type: source.contentType,
      source_ref: source.ref,
      ...(quality !== undefined && { quality }),
      ...(warning !== undefined && { warning }),
      ...(encoding !== undefined && { encoding }),
      ...(pages !== undefined && { pages }),
      chunk_count: chunks.length,
      embedding_model: embedded.model,
      status: "ready",
      work: "announce",
    });
    if (there) await this.#announce(document);
  }

  /** Publishes a new chunk set to indexes and devices. */
  async #announce(document: SourceDocument): Promise<void> {
    await this.#context.store.touchBase(document);
    this.#context.changed(document.user_id);
    this.#progress(document, "ready", 1, "已就绪");
  }

  /** Re-embeds the existing chunks. */
  async #embedAgain(document: SourceDocument, signal: AbortSignal): Promise<void> {
    const { store } = this.#context;
    if (document.chunk_set === null) return;
    const old = await store.chunks(document);
    const embedded = await this.#embed(document, old, signal);
    if (embedded.model === null) return;
    const set = newId("set_");
    await store.addChunks(old.map((chunk, index) => newChunk(document, set, chunk, index, embedded)));
    const fields = { embedding_model: embedded.model, work: "announce" } as const;
    if (!(await store.switchChunks(document, set, fields))) return;
    await store.touchBase(document);
    this.#progress(document, "ready", 1, "向量已更新");
  }

  #read(document: SourceDocument, signal: AbortSignal): Promise<SourceText> {
    if (document.source_type === "file") return this.#readFile(document, signal);
    if (document.source_type === "url") return this.#readPage(document, signal);
    const { raw_content: text, content_type: contentType, source_ref: ref } = document;
    return Promise.resolve({ text, contentType, ref });
  }

  async #readFile(document: SourceDocument, signal: AbortSignal): Promise<SourceText> {
    const { files, reader, settings } = this.#context;
    const file = await files.find(document.user_id, document.source_ref);
    if (file === null) throw new UnreadableError("文件不存在");
    const bytes = await files.bytes(file, settings.limits.uploadBytes);
    const format = formatOfDocument(file.mime_type, file.filename, bytes);
    if (format === undefined) throw new UnreadableError("不支持的文件类型");
    const read = await reader.read(bytes, format, { user: document.user_id, signal, charset: file.charset });
    return { ...read, contentType: file.mime_type, ref: document.source_ref };
  }

  async #readPage(document: SourceDocument, signal: AbortSignal): Promise<SourceText> {
    const { reader, settings } = this.#context;
    const accept = "text/html,application/xhtml+xml,text/*,application/json,application/pdf;q=0.9,*/*;q=0.1";
    const page = await fetchOutbound({ url: document.source_ref, headers: { accept }, signal }, settings);
    if (page.status !== 200) throw new UnreadableError(`该地址返回 ${page.status}`);
    const contentType = page.headers["content-type"] ?? "";
    const format = formatOfDocument(contentType, new URL(page.url).pathname, page.body);
    if (format === undefined) throw new UnreadableError("不支持的文件类型");
    const charset = charsetOf(contentType);
    const read = await reader.read(page.body, format, { user: document.user_id, signal, charset });
    return { ...read, contentType: contentType || "text/html", ref: document.source_ref };
  }

  /**
   * Vectors of chunks by the current model; none if no model responds: until then, the document is found by
   * keywords only.
   */
  async #embed(
    document: SourceDocument,
    chunks: readonly Pick<Chunk, "heading" | "content">[],
    signal: AbortSignal,
  ): Promise<{ model: string | null; vectors: Float32Array[] }> {
    const texts = embeddedTexts(document.title, chunks);
    const { embeddings } = this.#context;
    const batch = embeddings.configuredModel() === undefined ? embeddedBatch : remoteBatch;
    const vectors: Float32Array[] = [];
    let model: string | null = null;
    let reported = performance.now();
    for (let from = 0; from < texts.length; from += batch) {
      try {
        const part = texts.slice(from, from + batch);
        const embedded = await embeddings.embed(part, "passage", signal, document.user_id);
        model ??= embedded.model;
        if (embedded.model !== model || model === document.embedding_model)
          return { model: null, vectors: [] };
        vectors.push(...embedded.vectors);
      } catch (err) {
        signal.throwIfAborted();
        if (!(err instanceof ParleyError)) throw err;
        return { model: null, vectors: [] };
      }
      signal.throwIfAborted();
      if (performance.now() - reported < progressEveryMs) continue;
      reported = performance.now();
      const done = vectors.length / texts.length;
      const text = `正在处理 ${vectors.length}/${texts.length}`;
      this.#progress(document, "running", readShare + (1 - readShare) * done, text);
    }
    return { model, vectors: chunkVectors(chunks, vectors) };
  }

  async #fail(document: SourceDocument, error: string): Promise<void> {
    const there = await this.#context.store.updateDocument(document.user_id, document._id, {
      status: "failed",
      error,
    });
    if (there) this.#progress(document, "failed", 1, error);
  }

  #progress(
    document: SourceDocument,
    status: "running" | "ready" | "failed",
    progress: number,
    message: string,
  ): void {
    const { _id: document_id, kb_id, title, user_id } = document;
    this.#context.out.frame(user_id, {
      frame: {
        type: "knowledge_progress",
        msg_type: "tool_progress",
        knowledge_progress: { document_id, kb_id, title, status, progress, message },
        timestamp: Date.now(),
      },
    });
  }
}

/** Maps a character offset to its page; undefined for documents without pages. */
function pageFinder(pages: readonly number[] | undefined): (at: number) => number | undefined {
  if (pages === undefined || pages.length === 0) return () => undefined;
  return (at) => Math.max(1, pages.findLastIndex((start) => start <= at) + 1);
}

/** User-facing reason of a permanent error; undefined for transient errors. */
function reasonOf(err: unknown): string | undefined {
  if (err instanceof UnreadableError) return err.message;
  if (err instanceof OutboundError) return `无法读取该地址: ${err.message}`;
  return err instanceof ParleyError && lasting.has(err.errorType) ? err.message : undefined;
}

function newChunk(
  { _id, user_id, kb_id, title }: SourceDocument,
  set: string,
  { content, heading, start, end, page }: Chunk & { page?: number | undefined },
  index: number,
  { vectors }: { vectors: Float32Array[] },
): NewChunk {
  const vector = vectors[index];
  return {
    _id: randomUUID(),
    user_id,
    kb_id,
    document_id: _id,
    set,
    index,
    content,
    heading,
    start,
    end,
    ...(page !== undefined && { page }),
    terms: searchTerms(title, { heading, content }),
    vector: vector === undefined ? null : packVector(vector),
  };
}
