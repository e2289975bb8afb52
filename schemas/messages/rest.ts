import { restAnswerSchema, restRequestSchema } from "../routes/route.ts";
import { defineRequest } from "./define.ts";

export const restRequest = defineRequest({
  name: "rest",
  doc: "A request to a REST route; area and name stand in the route table, whose schemas check its parts on both sides.",
  subject: "rest.{area}.{name}",
  message: restRequestSchema,
  answer: restAnswerSchema,
  queue: "rest",
  timeout: "requestTimeoutMs",
  publishers: ["edge", "actors"],
  listeners: ["actors"],
});
