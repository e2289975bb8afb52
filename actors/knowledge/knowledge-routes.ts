import { randomUUID } from "node:crypto";
import { assertAllowedUrl } from "../../infra/outbound-http.ts";
import type { BaseDocument, KnowledgeDocument, SourceDocument } from "../../schemas/documents/knowledge.ts";
import { ParleyError } from "../../schemas/errors.ts";
import * as routes from "../../schemas/routes/knowledge.ts";
import type { ActorContext } from "../actor-context.ts";
import { formatOf } from "../extraction/format.ts";
import type { UserFiles } from "../files/user-files.ts";
import { serveRoute } from "../requests/rest.ts";
import { chunkText } from "./chunker.ts";
import type { DocumentQueue } from "./document-queue.ts";
import type { KnowledgeStore } from "./knowledge-store.ts";
import { type SearchContext, search } from "./search.ts";
import { baseView, chunkView, documentView, fitting } from "./views.ts";

/** Dependencies of the knowledge routes. */
export interface KnowledgeServices extends SearchContext {
  files: Pick<UserFiles, "own">;
  queue: DocumentQueue;
}

/** Maximum documents or chunks per response. */
const maxListed = 1_000;

type Context = Pick<ActorContext, "nc" | "bus" | "log" | "settings">;

const notFound = {
  base: () => new ParleyError("not_found", { error: "知识库不存在" }),
  document: () => new ParleyError("not_found", { error: "文档不存在" }),
};

/** Serves bases, documents and search. */
export function serveKnowledgeRoutes(context: Context, services: KnowledgeServices): void {
  serveBases(context, services);
  serveDocuments(context, services);
  serveRoute(context, routes.searchKnowledge, async ({ principal, body }) => {
    const { query, kb_ids, limit } = body;
    const bases = kb_ids?.length === 0 ? null : kb_ids;
    const chunks = await search(services, principal.user_id, { query, bases, limit });
    return { chunks, total: chunks.length, query };
  });
}

function serveBases(context: Context, { store }: KnowledgeServices): void {
  const { limits } = context.settings;
  serveRoute(context, routes.createBase, async ({ principal, body }) => {
    const user = principal.user_id;
    if ((await store.countBases(user)) >= limits.knowledgeBases)
      throw new ParleyError("conflict", { error: "知识库数量已达上限" });
    const at = new Date();
    const base = {
      ...{ _id: randomUUID(), user_id: user, name: body.name, description: body.description },
      ...{ revision: 0, created_at: at, updated_at: at },
    };
    await store.addBase(base);
    return baseView({ ...base, doc_count: 0 });
  });
  serveRoute(context, routes.listBases, async ({ principal, query }) => {
    const user = principal.user_id;
    const all = await store.bases(user);
    const bases = await store.counted(user, all.slice(query.offset));
    return { knowledge_bases: fitting(bases.map(baseView), limits.jsonAnswerBytes / 2), total: all.length };
  });
  serveRoute(context, routes.getBase, async ({ principal, params }) => {
    const base = await store.base(principal.user_id, params.id);
    if (base === null) throw notFound.base();
    const { documents, total } = await listed(store, base, 0, limits.jsonAnswerBytes);
    return { knowledge_base: baseView({ ...base, doc_count: total }), documents };
  });
  serveRoute(context, routes.updateBase, async ({ principal, params, body }) => {
    if (!(await store.updateBase(principal.user_id, params.id, body))) throw notFound.base();
    return { status: "updated" as const };
  });
  serveRoute(context, routes.deleteBase, async ({ principal, params }) => {
    if (!(await store.deleteBase(principal.user_id, params.id))) throw notFound.base();
    return { status: "deleted" as const };
  });
}

function serveDocuments(context: Context, services: KnowledgeServices): void {
  const { store, queue } = services;
  const { limits } = context.settings;
  serveRoute(context, routes.addDocument, async ({ principal, params, body }) => {
    const user = principal.user_id;
    const base = await store.base(user, params.id);
    if (base === null) throw notFound.base();
    if ((await store.countDocuments(user, base._id)) >= limits.knowledgeDocuments)
      throw new ParleyError("conflict", { error: "知识库的文档数量已达上限" });
    const at = new Date();
    const document: SourceDocument = {
      ...{ _id: randomUUID(), kb_id: base._id, user_id: user, title: body.title },
      ...(await sourceOf(context, services, user, body)),
      ...{
        chunk_set: null,
        embedding_model: null,
        status: "pending",
        work: "ingest",
        created_at: at,
        updated_at: at,
      },
    };
    if (!(await store.addDocument(document))) throw notFound.base();
    queue.wake();
    return documentView(document, limits.jsonAnswerBytes / 4);
  });
  serveRoute(context, routes.listDocuments, async ({ principal, params, query }) => {
    const base = await store.base(principal.user_id, params.id);
    if (base === null) throw notFound.base();
    return listed(store, base, query.offset, limits.jsonAnswerBytes);
  });
  serveRoute(context, routes.getDocument, async ({ principal, params, query }) => {
    const document = await store.document(principal.user_id, params.id);
    if (document === null) throw notFound.document();
    const view = documentView(document, limits.jsonAnswerBytes / 8);
    const chunks = (await store.chunks(document, query.offset, maxListed)).map(chunkView);
    return { document: view, chunks: fitting(chunks, limits.jsonAnswerBytes / 2) };
  });
  serveRoute(context, routes.deleteDocument, async ({ principal, params }) => {
    if (!(await store.deleteDocument(principal.user_id, params.id))) throw notFound.document();
    queue.cancel(params.id);
    return { status: "deleted" as const };
  });
}

type Source = Pick<
  SourceDocument,
  "source_type" | "source_ref" | "content_type" | "raw_content" | "chunk_count"
>;

/** The source of a new document, validated as far as possible synchronously. */
async function sourceOf(
  { settings }: Context,
  { files }: KnowledgeServices,
  user: string,
  body: { source_type: SourceDocument["source_type"]; content?: string; file_id?: string; url?: string },
): Promise<Source> {
  const unread = { raw_content: "", chunk_count: 0 };
  if (body.source_type === "url") {
    const url = body.url ?? "";
    await assertAllowedUrl(url, settings);
    return { source_type: "url", source_ref: url, content_type: "text/html", ...unread };
  }
  if (body.source_type === "file") {
    const file = await files.own(user, body.file_id ?? "");
    if (formatOf(file.mime_type) === undefined) throw new ParleyError("unsupported_type");
    return { source_type: "file", source_ref: file._id, content_type: file.mime_type, ...unread };
  }
  const content = body.content ?? "";
  const chunk_count = chunkText(content).length;
  return {
    source_type: "text",
    source_ref: "",
    content_type: "text/plain",
    raw_content: content,
    chunk_count,
  };
}

/** Documents of a base that fit into a response, with its space shared between their texts. */
async function listed(
  store: KnowledgeStore,
  { _id, user_id }: Pick<BaseDocument, "_id" | "user_id">,
  offset: number,
  answerBytes: number,
): Promise<{ documents: KnowledgeDocument[]; total: number }> {
  const total = await store.countDocuments(user_id, _id);
  const each = Math.floor(answerBytes / 4 / Math.max(1, total));
  const page = { chars: each < 200 ? 0 : each, offset, limit: maxListed };
  const documents = (await store.documents(user_id, _id, page)).map((one) => documentView(one));
  return { documents: fitting(documents, answerBytes * 0.9), total };
}
