import { authAnswerSchema, authCheckSchema } from "../documents/account.ts";
import { defineRequest } from "./define.ts";

export const keyCheck = defineRequest({
  name: "auth.check",
  doc: "Asks whose an API key or webhook key is. Asked by edges, and when a device logs in.",
  subject: "auth.check",
  message: authCheckSchema,
  answer: authAnswerSchema,
  queue: "auth",
  timeout: "requestTimeoutMs",
  publishers: ["edge", "devices"],
  listeners: ["account"],
});
