import { z } from "zod";
import { errorBodySchema } from "./errors.ts";
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
    responses: { [route.status]: answerOf(route), default: errorOf(route) },
  };
}

function parametersOf(schema: z.ZodType, place: "path" | "query"): Json[] {
  const { properties = {}, required = [] } = jsonSchemaOf(schema, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
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
    form.properties[name] = { type: "string", contentMediaType: "application/octet-stream" };
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

function errorOf({ errors = "uniform" }: Route): Json {
  const schema = { $ref: `#/components/schemas/${errorNames[errors]}` };
  return { description: "What went wrong.", content: { "application/json": { schema } } };
}
