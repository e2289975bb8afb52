import { randomUUID } from "node:crypto";
import { fetchOutbound, OutboundError } from "../../infra/outbound-http.ts";
import type { Settings } from "../../infra/settings.ts";
import type { SourceDocument } from "../../schemas/documents/knowledge.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import type { OutPublisher } from "../egress/out-publisher.ts";
import { formatOf } from "../extraction/document-text.ts";
import { parseDocument } from "../extraction/parse.ts";
import { UnreadableError } from "../extraction/unreadable-error.ts";
import type { UserFiles } from "../files/user-files.ts";
import type { Embeddings } from "../models/embeddings.ts";
import { packVector } from "../text/vector.ts";
import { embeddedTexts, searchTerms } from "./chunk-text.ts";
import { chunkVectors } from "./chunk-vectors.ts";
import { type Chunk, chunkText } from "./chunker.ts";
import type { JobRun } from "./job-queue.ts";
import type { KnowledgeStore, NewChunk } from "./knowledge-store.ts";

/** What the work on documents needs. */
export interface IngestionContext {
  store: KnowledgeStore;
  files: Pick<UserFiles, "find" | "bytes">;
  embeddings: Embeddings;
  out: Pick<OutPublisher, "frame">;
  /** Tells everybody that there is more to find. */
  changed(user: string): void;
  settings: Settings;
}

// Small, so that a query that comes meanwhile does not wait long for a model that does one thing at a time.
const embedBatch = 4;
/** What another try can't mend. */
const lasting = new Set<string>(["url_not_allowed", "file_missing", "file_too_large"]);
const progressEveryMs = 500;
/** Share of the progress that is reached when the text has been read. */
const readShare = 0.1;

/** Turns a source into chunks that can be found, in one job: read, cut, embed, replace. Doing it twice does no harm. */
export class Ingestion {
  readonly #context: IngestionContext;

  constructor(context: IngestionContext) {
    this.#context = context;
  }

  /** Does a job. @throws what may succeed the next time; what can't is written into the document. */
  async run({ job, last, signal }: JobRun): Promise<void> {
    const { store } = this.#context;
    const document = await store.document(job.user, job.document);
    if (document === null) return;
    if (job.kind === "embed") {
      await this.#embedAgain(document, signal);
      return;
    }
    if (document.status !== "pending") {
      // The process that has done it may have died before it told.
      await store.touchBase(document);
      this.#context.changed(document.user_id);
      return;
    }
    try {
      await this.#ingest(document, signal);
    } catch (err) {
      signal.throwIfAborted();
      const reason = reasonOf(err);
      if (reason === undefined && !last) throw err;
      await this.#fail(document, reason ?? "处理失败");
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
    await store.addChunks(chunks.map((chunk, index) => newChunk(document, set, chunk, index, embedded)));
    const there = await store.switchChunks(document, set, {
      raw_content: source.text,
      content_type: source.contentType,
      source_ref: source.ref,
      chunk_count: chunks.length,
      embedding_model: embedded.model,
      status: "ready",
    });
    if (!there) return;
    this.#context.changed(document.user_id);
    this.#progress(document, "ready", 1, "已就绪");
  }

  /** New vectors for the chunks that are there. */
  async #embedAgain(document: SourceDocument, signal: AbortSignal): Promise<void> {
    const { store } = this.#context;
    if (document.chunk_set === null) return;
    const old = await store.chunks(document);
    const embedded = await this.#embed(document, old, signal);
    if (embedded.model === null) return;
    const set = newId("set_");
    await store.addChunks(old.map((chunk, index) => newChunk(document, set, chunk, index, embedded)));
    const there = await store.switchChunks(document, set, { embedding_model: embedded.model });
    if (there) this.#progress(document, "ready", 1, "向量已更新");
  }

  async #read(
    document: SourceDocument,
    signal: AbortSignal,
  ): Promise<{ text: string; contentType: string; ref: string }> {
    const { files, settings } = this.#context;
    const { limits } = settings;
    if (document.source_type === "text")
      return { text: document.raw_content, contentType: document.content_type, ref: document.source_ref };
    if (document.source_type === "file") {
      const file = await files.find(document.user_id, document.source_ref);
      if (file === null) throw new UnreadableError("文件不存在");
      const format = formatOf(file.mime_type);
      if (format === undefined) throw new UnreadableError("不支持的文件类型");
      const bytes = await files.bytes(file, limits.uploadBytes);
      const text = await parseDocument(bytes, format, limits, signal);
      return { text, contentType: file.mime_type, ref: document.source_ref };
    }
    const accept = "text/html,application/xhtml+xml,text/*,application/json,application/pdf;q=0.9,*/*;q=0.1";
    const page = await fetchOutbound({ url: document.source_ref, headers: { accept }, signal }, settings);
    if (page.status !== 200) throw new UnreadableError(`该地址返回 ${page.status}`);
    const contentType = page.headers["content-type"] ?? "text/html";
    const format = formatOf(contentType);
    if (format === undefined) throw new UnreadableError("不支持的文件类型");
    return {
      text: await parseDocument(page.body, format, limits, signal),
      contentType,
      ref: document.source_ref,
    };
  }

  /**
   * Vectors of chunks by a model that the document has not been embedded by; none where no model answers: words find the
   * document until one does.
   */
  async #embed(
    document: SourceDocument,
    chunks: readonly Pick<Chunk, "heading" | "content">[],
    signal: AbortSignal,
  ): Promise<{ model: string | null; vectors: Float32Array[] }> {
    const texts = embeddedTexts(document.title, chunks);
    const vectors: Float32Array[] = [];
    let model: string | null = null;
    let reported = performance.now();
    for (let from = 0; from < texts.length; from += embedBatch) {
      try {
        const part = texts.slice(from, from + embedBatch);
        const embedded = await this.#context.embeddings.embed(part, "passage", signal);
        model ??= embedded.model;
        if (embedded.model !== model || model === document.embedding_model)
          return { model: null, vectors: [] };
        vectors.push(...embedded.vectors);
      } catch (err) {
        if (!(err instanceof ParleyError)) throw err;
        return { model: null, vectors: [] };
      }
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

/** Why a source can never be read, for its owner; undefined for what may pass. */
function reasonOf(err: unknown): string | undefined {
  if (err instanceof UnreadableError) return err.message;
  if (err instanceof OutboundError) return `无法读取该地址: ${err.message}`;
  return err instanceof ParleyError && lasting.has(err.errorType) ? err.message : undefined;
}

function newChunk(
  { _id, user_id, kb_id, title }: SourceDocument,
  set: string,
  { content, heading, start, end }: Chunk,
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
    terms: searchTerms(title, { heading, content }),
    vector: vector === undefined ? null : packVector(vector),
  };
}
