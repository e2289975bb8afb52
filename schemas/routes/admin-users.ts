import { z } from "zod";
import { defineRoute } from "./route.ts";

/** `POST /api/v1/admin/users`: users for tests and load, without passwords; they log in with the answered tokens alone. */
export const createUsers = defineRoute({
  method: "post",
  path: "/api/v1/admin/users",
  access: "admin",
  area: "auth",
  name: "users-create",
  summary: "Create many users at once, each with a token; for load tests",
  body: z.object({
    count: z.int().min(1).max(1_000).describe("Number of users to create."),
    prefix: z
      .string()
      .regex(/^[a-zA-Z0-9_]{1,24}$/, "must be 1 to 24 letters, digits or _")
      .describe("Beginning of their names; a number follows. A prefix can be used once."),
  }),
  answer: z.object({
    users: z
      .array(
        z.object({
          user_id: z.string().describe("Id of the user."),
          username: z.string().describe("User name."),
          token: z.string().describe("Access token of the user."),
          expires: z.int().describe("When the token ends, Unix seconds."),
        }),
      )
      .describe("The users, in the order of their numbers."),
  }),
  status: 201,
});
