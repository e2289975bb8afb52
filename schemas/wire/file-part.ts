import { z } from "zod";
import type { Limits } from "../limits.ts";

/** Object stores for bytes: `bulk` forgets what it holds after an hour, `speech` after a week, `files` keeps it. */
export const bucketSchema = z.enum(["bulk", "files", "speech"]);
export type Bucket = z.infer<typeof bucketSchema>;

/** A file of a multipart body. Its bytes are an object by now; nothing of what the client said about it is checked. */
export const filePartSchema = z.object(
  {
    bucket: bucketSchema.describe("Object store that holds the bytes."),
    object: z.string().min(1).describe("Name of the object that holds the bytes."),
    size: z.int().nonnegative().describe("Size in bytes."),
    sha256: z.string().describe("SHA-256 of the bytes, hex."),
    filename: z.string().describe("Name of the file."),
    type: z
      .string()
      .describe("The declared MIME type, lower case, without parameters; empty where none was given."),
    head: z.string().describe("The first bytes (at most 4 KiB), base64."),
  },
  "must be a file",
);
export type FilePart = z.infer<typeof filePartSchema>;

/** Bytes at the beginning of a file that travel with its name. */
export const headBytes = 4_096;

/** How a route takes `multipart/form-data`. Each of `files` becomes a {@link FilePart} in the body, other fields are texts. */
export interface Multipart {
  /** Names of the fields that are files; files in other fields are passed over. */
  files: readonly string[];
  /** The limit that holds for one file. */
  maxBytes: keyof Limits;
  /** Where the bytes go. Those in `bulk` are deleted when the answer is there. */
  bucket: Bucket;
  /** Whether the same body may come as JSON, without its files. */
  orJson?: boolean;
}
