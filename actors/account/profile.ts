import type { z } from "zod";
import type { Settings } from "../../infra/settings.ts";
import type { UserDocument } from "../../schemas/documents/account.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Principal } from "../../schemas/principal.ts";
import type { getProfile, putProfile } from "../../schemas/routes/auth.ts";
import { defaultTimeZone } from "../time/user-time-zone.ts";
import { isTimeZone } from "../time/zoned-time.ts";
import { adminNickname } from "./credentials.ts";
import type { Users } from "./users.ts";

/** How long the administrator's profile waits for MongoDB, which is optional for it, ms. */
const adminWaitMs = 1_000;

/** A profile as `GET /profile` returns it. */
export type Profile = z.input<typeof getProfile.answer>;

type ProfileChange = z.output<typeof putProfile.body>;

/** Reads and updates the profiles of users. */
export class Profiles {
  readonly #users: Users;
  readonly #settings: Pick<Settings, "adminUsername" | "defaultTimezone">;

  constructor(users: Users, settings: Pick<Settings, "adminUsername" | "defaultTimezone">) {
    this.#users = users;
    this.#settings = settings;
  }

  /** @throws ParleyError `not_found` when the user was deleted */
  async show(principal: Principal): Promise<Profile> {
    return this.#profile(
      principal,
      principal.is_admin ? await this.#administrator() : await this.#users.find(principal.user_id),
    );
  }

  /** @throws ParleyError `invalid_request` for an unknown time zone, `not_found` when the user was deleted */
  async change(principal: Principal, { nickname, time_zone, place }: ProfileChange): Promise<Profile> {
    if (time_zone !== undefined && !isTimeZone(time_zone))
      throw new ParleyError("invalid_request", { error: "请求参数错误: time_zone 不是有效的时区" });
    const changes = {
      ...(nickname !== undefined && { nickname }),
      ...(time_zone !== undefined && { time_zone }),
      ...(place !== undefined && { place }),
    };
    return this.#profile(principal, await this.#users.change(principal.user_id, changes));
  }

  async #administrator(): Promise<UserDocument | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), adminWaitMs);
    });
    const stored = this.#users.administrator(adminWaitMs).catch(() => null);
    try {
      return await Promise.race([stored, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #profile({ user_id, is_admin }: Principal, user: UserDocument | null): Profile {
    if (user === null && !is_admin) throw new ParleyError("not_found", { error: "用户不存在" });
    const { adminUsername } = this.#settings;
    const username = is_admin ? adminUsername : (user?.username ?? user_id);
    return {
      user_id,
      username,
      nickname: user?.nickname ?? (is_admin ? adminNickname : username),
      is_admin,
      created_at: user?.created_at.toISOString() ?? null,
      time_zone: user?.time_zone ?? defaultTimeZone(this.#settings),
      place: user?.place ?? null,
    };
  }
}
