import { z } from "zod";
import { fileViewSchema } from "../documents/file.ts";
import { idSchema } from "../ids.ts";
import { filePartSchema } from "../wire/file-part.ts";
import { defineRoute, fileAnswerSchema } from "./route.ts";

const area = "files";
const access = "user";
const params = z.object({ id: idSchema.describe("Id of the entry.") });

/** `POST /api/v1/files/upload`. */
export const uploadFile = defineRoute({
  method: "post",
  path: "/api/v1/files/upload",
  access,
  area,
  name: "upload",
  summary: "Upload a file",
  body: z.object({ file: filePartSchema.describe("The file.") }),
  multipart: { files: ["file"], maxBytes: "uploadBytes", bucket: "files" },
  answer: fileViewSchema.pick({
    id: true,
    filename: true,
    mime_type: true,
    size: true,
    url: true,
    thumbnail_url: true,
  }),
  status: 201,
});

/** `GET /api/v1/files`: the newest first. */
export const listFiles = defineRoute({
  method: "get",
  path: "/api/v1/files",
  access,
  area,
  name: "list",
  summary: "One's files",
  query: z.object({
    page: z.coerce.number().int().min(1).max(1_000_000).default(1).describe("Number of the page, from 1."),
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(100)
      .default(20)
      .describe("Largest number of entries to answer."),
  }),
  answer: z.object({
    files: z.array(fileViewSchema).describe("The files."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
    page: z.int().describe("Number of the page, from 1."),
    limit: z.int().describe("Largest number of entries to answer."),
  }),
});

/** `GET /api/v1/files/:id`. */
export const getFile = defineRoute({
  method: "get",
  path: "/api/v1/files/:id",
  access,
  area,
  name: "get",
  summary: "One file",
  params,
  answer: fileViewSchema,
});

/** `GET /api/v1/files/:id/download`: with `Range`, `If-None-Match` and `If-Range`. */
export const downloadFile = defineRoute({
  method: "get",
  path: "/api/v1/files/:id/download",
  access,
  area,
  name: "download",
  summary: "Download a file",
  params,
  answer: fileAnswerSchema,
  file: true,
});

/** `GET /api/v1/files/:id/thumbnail`: a JPEG of at most 300 × 300 for pictures, a drawing for other kinds. */
export const fileThumbnail = defineRoute({
  method: "get",
  path: "/api/v1/files/:id/thumbnail",
  access,
  area,
  name: "thumbnail",
  summary: "A small picture of a file",
  params,
  answer: fileAnswerSchema,
  file: true,
});

/** `DELETE /api/v1/files/:id`. */
export const deleteFile = defineRoute({
  method: "del",
  path: "/api/v1/files/:id",
  access,
  area,
  name: "delete",
  summary: "Delete a file",
  params,
  answer: z.object({ status: z.literal("deleted").describe("Result of the request.") }),
});
