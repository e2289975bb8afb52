import { z } from "zod";
import type { ErrorType } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { principalSchema } from "../principal.ts";
import { bucketSchema, type Multipart } from "../wire/file-part.ts";

/** Who may call a route: anyone, a logged-in user, the administrator. */
export type Access = "public" | "user" | "admin";

/** One REST endpoint. The edge walks these entries, an actor registers a handler for each. */
export interface Route<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
  Who extends Access = Access,
> {
  method: "get" | "post" | "put" | "patch" | "del";
  /** Path with `:name` parameters, from the root. */
  path: string;
  access: Who;
  /** The subject is `rest.<area>.<name>`. */
  area: string;
  name: string;
  summary: string;
  params: Params;
  query: Query;
  /** A body that may be left out altogether has a schema that accepts `{}`. */
  body: Body;
  /** The body is `multipart/form-data`: files in it are streamed into an object store and arrive as `FilePart`s. */
  multipart?: Multipart;
  /** The body may exceed a NATS message: a large one travels through the object store. */
  largeBody?: boolean;
  answer: Answer;
  /** Status of success. */
  status: 200 | 201;
  /** The handler judges the caller's token itself: it gets it as it came, expired ones too. For public routes. */
  takesToken?: boolean;
  /** The answer is a file to save: the handler answers a {@link FileAnswer}. */
  file?: boolean;
  /** The limit on the wait for its answer, where that may take longer than `requestTimeoutMs`. */
  patience?: keyof Limits;
  /** Error shape: Parley's uniform body, or OpenAI's error object. */
  errors?: "uniform" | "openai";
}

/** Types a route entry from its schemas; parts that are left out accept nothing in particular. */
export function defineRoute<
  Params extends z.ZodType = z.ZodObject,
  Query extends z.ZodType = z.ZodObject,
  Body extends z.ZodType = z.ZodObject,
  Answer extends z.ZodType = z.ZodType,
  Who extends Access = Access,
>(
  route: Omit<Route<Params, Query, Body, Answer, Who>, "params" | "query" | "body" | "status"> & {
    params?: Params;
    query?: Query;
    body?: Body;
    status?: 200 | 201;
  },
): Route<Params, Query, Body, Answer, Who> {
  const nothing = z.object({});
  return {
    status: 200,
    ...route,
    params: (route.params ?? nothing) as Params,
    query: (route.query ?? nothing) as Query,
    body: (route.body ?? nothing) as Body,
  };
}

/** The error of a route whose area no process serves. */
export function absentError(area: string): ErrorType {
  if (area === "voice") return "voice_service_unreachable";
  return area === "memory" ? "memory_service_unreachable" : "service_unavailable";
}

/** What travels on a route's subject: the validated parts and who asks. `principal` is null on public routes. */
export const restRequestSchema = z.object({
  principal: principalSchema.nullable().describe("Who asks; null for nobody."),
  ip: z.string().describe("Address of the caller."),
  token: z.string().optional().describe("Token of the user: a JWT or an API key."),
  params: z.unknown().describe("Validated parameters of the path."),
  query: z.unknown().describe("Validated query of the request."),
  body: z.unknown().describe("Validated body of the request."),
  stored_body: z
    .uuid()
    .optional()
    .describe("Object that holds the body as JSON, if it exceeds a NATS message."),
  deadline: z
    .int()
    .optional()
    .describe(
      "Requester's deadline, Unix ms. After a pause, a process must not execute a request that its caller has timed out on and may have retried elsewhere.",
    ),
  idempotency_key: z
    .string()
    .optional()
    .describe(
      "The same for every repetition of one request: a handler that makes something uses it to make it once.",
    ),
});
export type RestRequest = z.infer<typeof restRequestSchema>;

/** Answer on a route's subject: a status with a body, and headers where an error has some (`retry-after`). */
export const restAnswerSchema = z.object({
  status: z.int().describe("HTTP status."),
  body: z.unknown().describe("Body of the answer."),
  headers: z.record(z.string(), z.string()).optional().describe("Headers of the request or answer."),
});
export type RestAnswer = z.infer<typeof restAnswerSchema>;

/**
 * A file as an answer: its text, or the name of an object that the edge sends, whole or the part that was asked for.
 * `etag` is the tag's text without quotes; `cache` a `Cache-Control`; `inline` shows it where it is named, such as a
 * thumbnail, in place of saving it.
 */
export const fileAnswerSchema = z.object({
  filename: z.string().describe("Name of the file."),
  type: z.string().describe("Media type of the file."),
  text: z.string().optional().describe("The text."),
  object: z.string().optional().describe("Name of the object that holds the bytes."),
  bucket: bucketSchema.default("bulk").describe("Object store that holds the bytes."),
  etag: z.string().optional().describe("Entity tag, without quotes."),
  cache: z.string().optional().describe("Value of `Cache-Control`."),
  inline: z.boolean().optional().describe("Whether the file is shown where it is linked instead of saved."),
});
export type FileAnswer = z.input<typeof fileAnswerSchema>;
