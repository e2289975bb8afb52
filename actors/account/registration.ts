import type { z } from "zod";
import type { Settings } from "../../infra/settings.ts";
import { type UserDocument, usernamePattern } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { register } from "../../schemas/routes/auth.ts";
import type { AttemptLimit } from "./attempt-limit.ts";
import { hashPassword } from "./password.ts";
import type { Users } from "./users.ts";

/** Dependencies of a registration. */
export interface RegistrationDeps {
  attempts: AttemptLimit;
  users: Users;
  settings: Pick<Settings, "registrationEnabled" | "verifyCode" | "adminUsername">;
}

/**
 * Registers a user.
 * @throws ParleyError `forbidden` while registration is closed, `rate_limited`, `invalid_request` with the
 * text of the API document, `conflict` when the name is taken
 */
export async function registerUser(
  { attempts, users, settings }: RegistrationDeps,
  ip: string,
  { username, password, email, nickname, verify_code }: z.output<typeof register.body>,
): Promise<UserDocument> {
  if (!settings.registrationEnabled) throw new ParleyError("forbidden", { error: "当前不开放公开注册" });
  await attempts.count("register", ip);
  if (!usernamePattern.test(username)) throw invalid("用户名格式无效");
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw invalid("邮箱格式无效");
  if (verify_code !== settings.verifyCode) throw invalid("验证码错误");
  // A user with the administrator's name could never log in.
  if (username.toLowerCase() === settings.adminUsername.toLowerCase())
    throw new ParleyError("conflict", { error: "用户名已被注册" });
  return users.add({ username, email, nickname, passwordHash: await hashPassword(password) });
}

function invalid(error: string): ParleyError {
  return new ParleyError("invalid_request", { error });
}
