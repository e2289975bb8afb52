import type { Listening } from "../../infra/bus/listen.ts";
import { presence, presenceConnected } from "../../schemas/messages/presence.ts";
import type { NatsLink } from "../nats-link.ts";

interface Member {
  readonly user: string;
  readonly gone: boolean;
}

/**
 * Answers whether users have sockets or event streams here, and announces the first. No cost for other users.
 */
export class PresenceResponder {
  readonly #link: NatsLink;
  readonly #users = new Map<string, { members: Set<Member>; questions: Listening }>();

  constructor(link: NatsLink) {
    this.#link = link;
  }

  /** A socket has joined its user's stream. */
  joined(member: Member): void {
    if (member.gone) return;
    const { user } = member;
    const present = this.#users.get(user) ?? { members: new Set(), questions: this.#listen(user) };
    present.members.add(member);
    this.#users.set(user, present);
    this.#link.bus.signal(presenceConnected, { user });
  }

  /** A socket has closed. */
  left(member: Member): void {
    const present = this.#users.get(member.user);
    present?.members.delete(member);
    if (present === undefined || present.members.size > 0) return;
    present.questions.stop();
    this.#users.delete(member.user);
  }

  #listen(user: string): Listening {
    return this.#link.bus.serve(presence, () => ({}), { of: { user } });
  }
}
