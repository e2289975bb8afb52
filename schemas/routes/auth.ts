import { z } from "zod";
import { defineRoute } from "./route.ts";

/** `POST /api/v1/auth/login`. `expires` is Unix seconds. */
export const login = defineRoute({
  method: "post",
  path: "/api/v1/auth/login",
  access: "public",
  area: "auth",
  name: "login",
  summary: "Log in with user name and password",
  body: z.object({ username: z.string().max(256), password: z.string().max(1024) }),
  answer: z.object({
    user_id: z.string(),
    nickname: z.string(),
    token: z.string(),
    refresh_token: z.string(),
    expires: z.int(),
  }),
});
