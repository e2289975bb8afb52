import type { Principal } from "../../../schemas/principal.ts";
import { actingUser } from "../../requests/acting-user.ts";
import type { SessionDocuments } from "./session-documents.ts";
import type { SessionList } from "./session-list.ts";

/** Whose session an id means. */
export class SessionUsers {
  readonly #sessions: Pick<SessionDocuments, "find" | "userOf">;
  readonly #list: Pick<SessionList, "find">;

  constructor(sessions: Pick<SessionDocuments, "find" | "userOf">, list: Pick<SessionList, "find">) {
    this.#sessions = sessions;
    this.#list = list;
  }

  /**
   * The caller. For an administrator that is `requested` where given, else themselves if they have a session
   * of this id, else the user with the most recently updated one.
   */
  async userOf(principal: Principal, requested: string | undefined, session: string): Promise<string> {
    const user = actingUser(principal, requested);
    if (requested !== undefined || !principal.is_admin) return user;
    if ((await this.#sessions.find(user, session)) !== null) return user;
    if ((await this.#list.find(user, session)) !== null) return user;
    return (await this.#sessions.userOf(session)) ?? principal.user_id;
  }
}
