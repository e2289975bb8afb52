import type { Collection, Db, Filter } from "mongodb";
import { collections, type SessionDocument } from "../../schemas/documents/collections.ts";
import type {
  SessionState,
  SessionSurvey,
  SocketSurvey,
  Survey,
} from "../../schemas/messages/admin-survey.ts";
import type { Surveyor } from "./survey.ts";

/** What stands in place of a title until the first turn is committed. */
const untitled = "新的对话";
/** A session counts as active this long after its last turn. */
const recentMs = 30 * 60_000;
const mostActive = 1_000;

interface Live {
  processing: boolean;
  waiting: number;
  connections: number;
  lastActive: number;
}

/** Sessions as they are now: their documents, what actor processes hold in memory, and the sockets of the edges. */
export class SessionStates {
  readonly #sessions: Collection<SessionDocument>;
  readonly #surveyor: Surveyor;

  constructor(db: Db, surveyor: Surveyor) {
    this.#sessions = db.collection(collections.sessions);
    this.#surveyor = surveyor;
  }

  /** A page of all sessions; the ones that are busy or watched are on the first, whenever they were used. */
  async page(
    user: string | undefined,
    { limit, offset }: { limit: number; offset: number },
  ): Promise<{ sessions: SessionState[]; total: number }> {
    const filter = ofUser(user);
    const [live, documents, stored] = await Promise.all([
      this.#live({ user }),
      this.#sessions.find(filter).sort({ updated_at: -1 }).skip(offset).limit(limit).toArray(),
      this.#sessions.countDocuments(filter),
    ]);
    const fresh = offset === 0 ? await this.#unlisted(live, documents) : [];
    const isNew = fresh.filter(({ document }) => document === undefined).length;
    const states = [
      ...fresh.map(({ key, document }) => stateOf(key, live.get(key), document)),
      ...documents.map((document) => stateOf(keyOf(document._id), live.get(keyOf(document._id)), document)),
    ];
    return { sessions: states.sort(byActivity), total: stored + isNew };
  }

  /** Sessions that work, wait, are watched or were used a short while ago, by user. */
  async active(): Promise<Record<string, SessionState[]>> {
    const since = new Date(Date.now() - recentMs);
    const [live, documents] = await Promise.all([
      this.#live({}),
      this.#sessions
        .find({ ...ofUser(undefined), updated_at: { $gte: since } })
        .sort({ updated_at: -1 })
        .limit(mostActive)
        .toArray(),
    ]);
    const fresh = await this.#unlisted(live, documents);
    const states = [
      ...fresh.map(({ key, document }) => stateOf(key, live.get(key), document)),
      ...documents.map((document) => stateOf(keyOf(document._id), live.get(keyOf(document._id)), document)),
    ].sort(byActivity);
    const users: Record<string, SessionState[]> = Object.create(null);
    for (const state of states.slice(0, mostActive)) {
      users[state.user_id] ??= [];
      users[state.user_id]?.push(state);
    }
    return users;
  }

  /** One session: of the user that is named, else the administrator's own, else the one that was used last. */
  async one(session: string, user: string | undefined, self: string): Promise<SessionState | undefined> {
    const [live, documents] = await Promise.all([
      this.#live({ session, user }),
      this.#sessions
        .find({ "_id.session": session, ...ofUser(user) } as Filter<SessionDocument>)
        .sort({ updated_at: -1 })
        .limit(mostActive)
        .toArray(),
    ]);
    const byKey = new Map(documents.map((document) => [keyOf(document._id), document]));
    // A socket that watches an id does not make a session of it; a message that waits does.
    const keys = [...live.keys()].filter((key) => byKey.has(key) || hasMessage(live.get(key)));
    const states = [...new Set([...keys, ...byKey.keys()])]
      .map((key) => stateOf(key, live.get(key), byKey.get(key)))
      .sort(byActivity);
    return states.find(({ user_id }) => user_id === self) ?? states[0];
  }

  async #live(survey: Survey): Promise<Map<string, Live>> {
    const [held, { sockets }] = await Promise.all([
      this.#surveyor.sessions(survey),
      this.#surveyor.sockets(survey),
    ]);
    return merge(held, sockets);
  }

  /** Live sessions that are worth a line and not among `documents`, with their documents where they have one. */
  async #unlisted(live: Map<string, Live>, documents: SessionDocument[]) {
    const listed = new Set(documents.map(({ _id }) => keyOf(_id)));
    const missing = [...live]
      .filter(([key, state]) => !listed.has(key) && isBusy(state))
      .slice(0, mostActive)
      .map(([key]) => key);
    const found = await this.#sessions
      .find({ _id: { $in: missing.map(idOf) }, deleted_n: { $exists: false } })
      .toArray();
    const byKey = new Map(found.map((document) => [keyOf(document._id), document]));
    return missing
      .map((key) => ({ key, document: byKey.get(key) }))
      .filter(({ key, document }) => document !== undefined || hasMessage(live.get(key)));
  }
}

function merge(held: SessionSurvey["sessions"], sockets: SocketSurvey["sockets"]): Map<string, Live> {
  const live = new Map<string, Live>();
  const of = (user: string, session: string): Live => {
    const key = keyOf({ user, session });
    const known = live.get(key) ?? { processing: false, waiting: 0, connections: 0, lastActive: 0 };
    live.set(key, known);
    return known;
  };
  for (const { user, session, processing, waiting, last_active } of held) {
    const state = of(user, session);
    // Two processes may hold it for a moment while it moves.
    state.processing ||= processing;
    state.waiting = Math.max(state.waiting, waiting);
    state.lastActive = Math.max(state.lastActive, last_active);
  }
  for (const { user, session, count } of sockets) of(user, session).connections += count;
  return live;
}

function stateOf(key: string, live: Live | undefined, document: SessionDocument | undefined): SessionState {
  const { user, session } = idOf(key);
  return {
    session_id: session,
    user_id: user,
    title: document?.title ?? untitled,
    status: live?.processing ? "processing" : "idle",
    queue_length: live?.waiting ?? 0,
    connections: live?.connections ?? 0,
    last_active: Math.max(live?.lastActive ?? 0, document?.updated_at.getTime() ?? 0),
  };
}

function hasMessage(live: Live | undefined): boolean {
  return live !== undefined && (live.processing || live.waiting > 0);
}

function isBusy(live: Live): boolean {
  return hasMessage(live) || live.connections > 0;
}

function byActivity(a: SessionState, b: SessionState): number {
  return b.last_active - a.last_active;
}

function ofUser(user: string | undefined): Filter<SessionDocument> {
  return { deleted_n: { $exists: false }, ...(user !== undefined && { "_id.user": user }) };
}

function keyOf({ user, session }: { user: string; session: string }): string {
  return `${user}.${session}`;
}

// Ids have no dots.
function idOf(key: string): { user: string; session: string } {
  const [user = "", session = ""] = key.split(".");
  return { user, session };
}
