import { modelListSchema } from "../wire/openai.ts";
import { defineRoute } from "./route.ts";

/** `GET /v1/models`: what the caller may name in `model`. */
export const listModels = defineRoute({
  method: "get",
  path: "/v1/models",
  access: "user",
  area: "models",
  name: "list",
  summary: "Models that can be used",
  answer: modelListSchema,
  errors: "openai",
});
