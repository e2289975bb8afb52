import type { Db } from "mongodb";
import { accountCollections, type UserDocument } from "../../schemas/documents/account.ts";

/** A user's coordinates in degrees; undefined when their profile has none. */
export async function userPlace(
  db: Db,
  user: string,
): Promise<{ latitude: number; longitude: number } | undefined> {
  const found = await db
    .collection<UserDocument>(accountCollections.users)
    .findOne({ _id: user }, { projection: { place: 1 } });
  return found?.place;
}
