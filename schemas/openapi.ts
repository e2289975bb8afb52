import { z } from "zod";
import { type ErrorType, errorBodySchema, errorTable } from "./errors.ts";
import { edgeRoutes, routes } from "./routes/index.ts";
import type { Route } from "./routes/route.ts";
import { openaiErrorSchema } from "./wire/openai.ts";

type Json = Record<string, unknown>;

const token = "token";
const errorNames = { uniform: "Error", openai: "OpenAIError" } as const;

/** JSON Schema (2020-12) of what a client sends or gets. What a transform makes of it is not described. */
export function jsonSchemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Json;
  return json;
}

/** The OpenAPI 3.1 document of every endpoint of the route table. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of [...routes, ...edgeRoutes]) {
    // The same endpoint under its other spelling.
    if (route.path.endsWith("/")) continue;
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method === "del" ? "delete" : route.method]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Parley", version, description: "Event-driven chat, voice and IoT gateway." },
    paths,
    components: {
      securitySchemes: {
        [token]: { type: "http", scheme: "bearer", description: "A user's JWT or API key (`sk-…`)." },
      },
      schemas: {
        [errorNames.uniform]: jsonSchemaOf(errorBodySchema, "output"),
        [errorNames.openai]: jsonSchemaOf(openaiErrorSchema, "output"),
      },
    },
  };
}

function operationOf(route: Route): Json {
  const body = route.method === "get" ? undefined : bodyOf(route);
  return {
    operationId: `${route.area}.${route.name}`,
    summary: route.summary,
    tags: [route.area],
    security: route.access === "public" ? [] : [{ [token]: [] }],
    ...(route.access === "admin" && { description: "For the administrator." }),
    parameters: [...parametersOf(route.params, "path"), ...parametersOf(route.query, "query")],
    ...(body && { requestBody: body }),
    responses: { [route.status]: answerOf(route), ...errorsOf(route) },
  };
}

function parametersOf(schema: z.ZodType, place: "path" | "query"): Json[] {
  const { properties = {}, required = [] } = jsonSchemaOf(schema, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    description,
    required: place === "path" || required.includes(name),
    schema: property,
  }));
}

function bodyOf(route: Route): Json | undefined {
  const schema = jsonSchemaOf(route.body, "input");
  if (schema.type === "object" && Object.keys((schema.properties as Json) ?? {}).length === 0)
    return undefined;
  const required = Array.isArray(schema.required) && schema.required.length > 0;
  const { multipart } = route;
  if (multipart === undefined) return { required, content: { "application/json": { schema } } };
  const properties = { ...(schema.properties as Json) };
  const form = { ...schema, properties: { ...properties } };
  for (const name of multipart.files) {
    const { description } = (properties[name] ?? {}) as { description?: string };
    form.properties[name] = { type: "string", contentMediaType: "application/octet-stream", description };
    delete properties[name];
  }
  const json = multipart.orJson && { "application/json": { schema: { ...schema, properties } } };
  return { required, content: { "multipart/form-data": { schema: form }, ...json } };
}

function answerOf(route: Route): Json {
  if (route.file) return { description: "A file to save.", content: { "application/octet-stream": {} } };
  const schema = jsonSchemaOf(route.answer, "output");
  return { description: "Success.", content: { "application/json": { schema } } };
}

/** Each status of failure that the route can answer with, and the `errorType`s behind it. */
function errorsOf(route: Route): Record<string, Json> {
  const schema = { $ref: `#/components/schemas/${errorNames[route.errors ?? "uniform"]}` };
  const types = failuresOf(route);
  const statuses = [...new Set(types.map((type) => errorTable[type].status))];
  return Object.fromEntries(
    statuses.map((status) => {
      const texts = types
        .filter((type) => errorTable[type].status === status)
        .map((type) => `\`${type}\`: ${errorTable[type].error}`);
      return [status, { description: texts.join("\n"), content: { "application/json": { schema } } }];
    }),
  );
}

/** Failures that follow from the shape of a route: who may call it, what it reads, and who serves it. */
function failuresOf({ access, params, query, body, area, method }: Route): ErrorType[] {
  const takes = (schema: z.ZodType) =>
    !(schema instanceof z.ZodObject) || Object.keys(schema.shape).length > 0;
  const readsBody = method !== "get" && takes(body);
  return [
    ...(takes(params) || takes(query) || readsBody ? ["invalid_request" as const] : []),
    ...(readsBody ? ["invalid_json" as const, "payload_too_large" as const] : []),
    ...(access === "public" ? [] : ["unauthorized" as const, "invalid_token" as const]),
    ...(access === "admin" ? ["admin_only" as const] : []),
    ...(takes(params) ? ["not_found" as const] : []),
    "rate_limited",
    absentError(area),
    "storage_unavailable",
  ];
}

/** What a caller is answered when no process serves an area. Memory and voice have their documented 502. */
function absentError(area: string): ErrorType {
  if (area === "voice") return "voice_service_unreachable";
  return area === "memory" ? "memory_service_unreachable" : "service_unavailable";
}
