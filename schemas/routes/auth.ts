import { z } from "zod";
import { placeSchema } from "../documents/account.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

/** Login tokens. `expires` is the expiry of `token`, Unix seconds; `refresh_token` is valid for 30 days. */
const tokens = {
  token: z.string().describe("Token of the user: a JWT or an API key."),
  refresh_token: z.string().describe("Token that gets a new pair of tokens, once."),
  expires: z.int().describe("When it ends, Unix seconds."),
};
const refreshToken = z.string().max(4096);
const nickname = z.string().trim().min(1).max(32);

/** The authenticated user; `created_at` is RFC 3339, null while the database is unavailable. */
const profile = z.object({
  user_id: z.string().describe("Id of the user."),
  username: z.string().describe("User name."),
  nickname: z.string().describe("Name that is shown."),
  is_admin: z.boolean().describe("Whether the user is the administrator."),
  created_at: z.iso.datetime().nullable().describe("When it was created, ISO 8601."),
  time_zone: z.string().describe("IANA time zone, such as `Europe/Berlin`."),
  place: placeSchema
    .nullable()
    .describe("Where the user's home is, for sunrise and sunset; null before it is set."),
});

/** `POST /api/v1/auth/register`, where the settings allow it. Formats that have an error text of their own are checked by the handler. */
export const register = defineRoute({
  method: "post",
  path: "/api/v1/auth/register",
  access: "public",
  area: "auth",
  name: "register",
  summary: "Register a user",
  body: z.object({
    username: z.string().max(256).describe("User name."),
    password: z.string().min(6).max(64).describe("Password."),
    email: z.string().max(254).describe("Email address."),
    nickname: nickname.describe("Name that is shown."),
    verify_code: z.string().max(64).describe("Code that allows registration."),
  }),
  answer: z.object({
    user_id: z.string().describe("Id of the user."),
    nickname: z.string().describe("Name that is shown."),
    ...tokens,
  }),
  status: 201,
});

/** `POST /api/v1/auth/login`. */
export const login = defineRoute({
  method: "post",
  path: "/api/v1/auth/login",
  access: "public",
  area: "auth",
  name: "login",
  summary: "Log in with user name and password",
  body: z.object({
    username: z.string().max(256).describe("User name."),
    password: z.string().max(1024).describe("Password."),
  }),
  answer: z.object({
    user_id: z.string().describe("Id of the user."),
    nickname: z.string().describe("Name that is shown."),
    ...tokens,
  }),
});

/** `POST /api/v1/auth/refresh`: new tokens for a refresh token (once), or for an access token up to 30 days old. */
export const refresh = defineRoute({
  method: "post",
  path: "/api/v1/auth/refresh",
  access: "public",
  takesToken: true,
  area: "auth",
  name: "refresh",
  summary: "Get new tokens for a refresh token, or for an access token that may have expired",
  body: z.object({
    refresh_token: refreshToken.optional().describe("Token that gets a new pair of tokens, once."),
  }),
  answer: z.object(tokens),
});

/** `POST /api/v1/auth/logout`: ends every token of one log-in. */
export const logout = defineRoute({
  method: "post",
  path: "/api/v1/auth/logout",
  access: "public",
  takesToken: true,
  area: "auth",
  name: "logout",
  summary: "End every token that descends from the same log-in",
  body: z.object({
    refresh_token: refreshToken.optional().describe("Token that gets a new pair of tokens, once."),
  }),
  answer: z.object({ status: z.literal("ok").describe("Result of the request.") }),
});

/** `GET /api/v1/profile`. */
export const getProfile = defineRoute({
  method: "get",
  path: "/api/v1/profile",
  access: "user",
  area: "auth",
  name: "profile",
  summary: "Who the token belongs to",
  answer: profile,
});

/** `PUT /api/v1/profile`. */
export const putProfile = defineRoute({
  method: "put",
  path: "/api/v1/profile",
  access: "user",
  area: "auth",
  name: "profile-put",
  summary: "Change one's nickname or time zone",
  body: z.object({
    nickname: nickname.optional().describe("Name that is shown."),
    time_zone: z.string().max(64).optional().describe("IANA time zone, such as `Europe/Berlin`."),
    place: placeSchema.optional().describe("Where the user's home is, for sunrise and sunset."),
  }),
  answer: profile,
});

/** `DELETE /api/v1/admin/users/:id`. */
export const deleteUser = defineRoute({
  method: "del",
  path: "/api/v1/admin/users/:id",
  access: "admin",
  area: "auth",
  name: "user-delete",
  summary: "Delete a user with their keys and data; the name stays taken",
  params: z.object({ id: idSchema.describe("Id of the entry.") }),
  answer: z.object({ status: z.literal("deleted").describe("Result of the request.") }),
});
