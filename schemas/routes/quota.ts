import { quotaSchema } from "../documents/quota.ts";
import { defineRoute } from "./route.ts";

/** `GET /api/v1/quota`: what the caller has used of the day and of the month (UTC). */
export const getQuota = defineRoute({
  method: "get",
  path: "/api/v1/quota",
  access: "user",
  area: "quota",
  name: "get",
  summary: "Used and allowed messages and tokens",
  answer: quotaSchema,
});
