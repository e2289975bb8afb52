import { z } from "zod";
import {
  foundChunkSchema,
  knowledgeBaseSchema,
  knowledgeChunkSchema,
  knowledgeDocumentSchema,
  sourceTypeSchema,
} from "../documents/knowledge.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

const area = "knowledge";
const access = "user";
const params = z.object({ id: idSchema.describe("Id of the entry.") });
const deleted = z.object({ status: z.literal("deleted").describe("Result of the request.") });
const name = z.string().trim().min(1, "must not be empty").max(200);
const description = z.string().max(4_000);

/** Lists hold as much as fits into one answer; `offset` reads on. */
const paged = z.object({
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0).describe("Number of entries to skip."),
});

/** `POST /api/v1/knowledge/bases`. */
export const createBase = defineRoute({
  method: "post",
  path: "/api/v1/knowledge/bases",
  access,
  area,
  name: "bases_create",
  summary: "Create a knowledge base",
  body: z.object({
    name: name.describe("Name."),
    description: description.default("").describe("Description in words."),
  }),
  answer: knowledgeBaseSchema,
  status: 201,
});

/** `GET /api/v1/knowledge/bases`. */
export const listBases = defineRoute({
  method: "get",
  path: "/api/v1/knowledge/bases",
  access,
  area,
  name: "bases_list",
  summary: "Knowledge bases",
  query: paged,
  answer: z.object({
    knowledge_bases: z.array(knowledgeBaseSchema).describe("The knowledge bases."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/** `GET /api/v1/knowledge/bases/:id`: the texts in long lists of documents are cut. */
export const getBase = defineRoute({
  method: "get",
  path: "/api/v1/knowledge/bases/:id",
  access,
  area,
  name: "bases_get",
  summary: "A knowledge base and its documents",
  params,
  answer: z.object({
    knowledge_base: knowledgeBaseSchema.describe("The knowledge base."),
    documents: z.array(knowledgeDocumentSchema).describe("The documents."),
  }),
});

/** `PUT /api/v1/knowledge/bases/:id`. */
export const updateBase = defineRoute({
  method: "put",
  path: "/api/v1/knowledge/bases/:id",
  access,
  area,
  name: "bases_update",
  summary: "Rename a knowledge base",
  params,
  body: z.object({
    name: name.describe("Name."),
    description: description.optional().describe("Description in words."),
  }),
  answer: z.object({ status: z.literal("updated").describe("Result of the request.") }),
});

/** `DELETE /api/v1/knowledge/bases/:id`. */
export const deleteBase = defineRoute({
  method: "del",
  path: "/api/v1/knowledge/bases/:id",
  access,
  area,
  name: "bases_delete",
  summary: "Delete a knowledge base and its documents",
  params,
  answer: deleted,
});

/** `POST /api/v1/knowledge/bases/:id/documents`: answers at once, the document is read in the background. */
export const addDocument = defineRoute({
  method: "post",
  path: "/api/v1/knowledge/bases/:id/documents",
  access,
  area,
  name: "documents_create",
  summary: "Add a document to a knowledge base",
  params,
  largeBody: true,
  body: z
    .object({
      title: z.string().trim().min(1, "must not be empty").max(500).describe("Title."),
      source_type: sourceTypeSchema.default("text").describe("Where the document comes from."),
      content: z.string().optional().describe("Text of the document."),
      file_id: idSchema.optional().describe("Id of an uploaded file."),
      url: z.string().max(4_096).optional().describe("Address."),
    })
    .superRefine((body, ctx) => {
      const field = { text: "content", file: "file_id", url: "url" } as const;
      const needed = field[body.source_type];
      if ((body[needed] ?? "").trim() === "")
        ctx.addIssue({
          code: "custom",
          path: [needed],
          message: `is required for source_type ${body.source_type}`,
        });
    }),
  answer: knowledgeDocumentSchema,
  status: 201,
});

/** `GET /api/v1/knowledge/bases/:id/documents`. */
export const listDocuments = defineRoute({
  method: "get",
  path: "/api/v1/knowledge/bases/:id/documents",
  access,
  area,
  name: "documents_list",
  summary: "Documents of a knowledge base",
  params,
  query: paged,
  answer: z.object({
    documents: z.array(knowledgeDocumentSchema).describe("The documents."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/** `GET /api/v1/knowledge/documents/:id`: a document and its chunks from `offset` on. */
export const getDocument = defineRoute({
  method: "get",
  path: "/api/v1/knowledge/documents/:id",
  access,
  area,
  name: "documents_get",
  summary: "A document and its chunks",
  params,
  query: paged,
  answer: z.object({
    document: knowledgeDocumentSchema.describe("The document."),
    chunks: z.array(knowledgeChunkSchema).describe("Passages of documents."),
  }),
});

/** `DELETE /api/v1/knowledge/documents/:id`. */
export const deleteDocument = defineRoute({
  method: "del",
  path: "/api/v1/knowledge/documents/:id",
  access,
  area,
  name: "documents_delete",
  summary: "Delete a document",
  params,
  answer: deleted,
});

/** `POST /api/v1/knowledge/search`. */
export const searchKnowledge = defineRoute({
  method: "post",
  path: "/api/v1/knowledge/search",
  access,
  area,
  name: "search",
  summary: "Search knowledge by words and meaning",
  body: z.object({
    query: z.string().trim().min(1, "must not be empty").max(2_000).describe("Text to search for."),
    kb_ids: z
      .array(idSchema)
      .max(100)
      .nullish()
      .describe("Ids of the knowledge bases to search; all without it."),
    limit: z.int().min(1).max(50).default(5).describe("Largest number of entries to answer."),
  }),
  answer: z.object({
    chunks: z.array(foundChunkSchema).describe("Passages of documents."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
    query: z.string().describe("Text to search for."),
  }),
});
