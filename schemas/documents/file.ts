import { z } from "zod";

/** MongoDB collections of uploaded files. */
export const fileCollections = { files: "files", bodies: "file_bodies" } as const;

/**
 * A stored file. `hash` is the SHA-256 of its bytes in hex, `object` is their name in the object store
 * `files`; files with equal content share one object.
 */
export const fileDocumentSchema = z.object({
  _id: z.string().describe("Key of the document."),
  user_id: z.string().describe("Id of the user."),
  filename: z.string().describe("Sanitised."),
  mime_type: z.string().describe("Media type of the file."),
  size: z.int().nonnegative().describe("Size in bytes."),
  hash: z.string().describe("SHA-256 of the bytes, in hexadecimal."),
  object: z.string().describe("Name of the object that holds the bytes."),
  charset: z.string().optional().describe("Charset that the sender declared, for texts."),
  created_at: z.date().describe("When it was created, ISO 8601."),
});
export type FileDocument = z.infer<typeof fileDocumentSchema>;

/**
 * The object with the bytes of this hash (`_id`). `used_at` is the last time a file referred to it: a
 * recently used object may belong to a file that is not stored yet, and is kept.
 */
export const fileBodySchema = z.object({
  _id: z.string().describe("Key of the document."),
  object: z.string().describe("Name of the object that holds the bytes."),
  size: z.int().nonnegative().describe("Size in bytes."),
  used_at: z.date().describe("When it was last used."),
});
export type FileBody = z.infer<typeof fileBodySchema>;

/** A file in the API; `created_at` is Unix milliseconds, `thumbnail_url` is set for images only. */
export const fileViewSchema = z.object({
  id: z.string().describe("Id of the entry."),
  user_id: z.string().describe("Id of the user."),
  filename: z.string().describe("Name of the file."),
  mime_type: z.string().describe("Media type of the file."),
  size: z.int().nonnegative().describe("Size in bytes."),
  hash: z.string().describe("SHA-256 of the bytes, in hexadecimal."),
  is_public: z.boolean().describe("Whether anybody may read the file."),
  created_at: z.int().describe("When it was uploaded, Unix milliseconds."),
  url: z.string().describe("Address."),
  thumbnail_url: z.string().optional().describe("Address of a small picture of it."),
});
export type FileView = z.infer<typeof fileViewSchema>;

/** Download URL of a file. */
export function fileUrl(id: string): string {
  return `/api/v1/files/${id}/download`;
}

/** Thumbnail URL of a file. */
export function thumbnailUrl(id: string): string {
  return `/api/v1/files/${id}/thumbnail`;
}

/** Extracts the id from a relative download or thumbnail URL; undefined for other texts. */
export function fileIdOfUrl(url: string): string | undefined {
  return /^\/api\/v1\/files\/([A-Za-z0-9_-]{1,64})\/(?:download|thumbnail)(?:\?.*)?$/.exec(url)?.[1];
}
