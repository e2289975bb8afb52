import type { Db } from "mongodb";
import type { Settings } from "../../schemas/config.ts";
import { accountCollections, type UserDocument } from "../../schemas/documents/account.ts";

/** The user's time zone, else the default of the installation, else the system's. */
export async function userTimeZone(
  db: Db,
  settings: Pick<Settings, "defaultTimezone">,
  user: string,
): Promise<string> {
  const found = await db
    .collection<UserDocument>(accountCollections.users)
    .findOne({ _id: user }, { projection: { time_zone: 1 } });
  return found?.time_zone ?? defaultTimeZone(settings);
}

/** The time zone of users who have set none. */
export function defaultTimeZone({ defaultTimezone }: Pick<Settings, "defaultTimezone">): string {
  return defaultTimezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}
