import type { Collection, Db, Filter } from "mongodb";
import { collections, type SessionDocument } from "../../schemas/documents/collections.ts";
import type {
  SessionState,
  SessionSurvey,
  SocketSurvey,
  Survey,
} from "../../schemas/messages/admin-survey.ts";
import type { Surveyor } from "./survey.ts";

/** Title of a session before its first committed turn. */
const untitled = "新的对话";
/** How long a session counts as active after its last turn, ms. */
const recentMs = 30 * 60_000;
const mostActive = 1_000;

interface Live {
  processing: boolean;
  waiting: number;
  connections: number;
  lastActive: number;
}

/** Live state of sessions: documents, the memory of actor processes, and the open sockets of edges. */
export class SessionStates {
  readonly #sessions: Collection<SessionDocument>;
  readonly #surveyor: Surveyor;

  constructor(db: Db, surveyor: Surveyor) {
    this.#sessions = db.collection(collections.sessions);
    this.#surveyor = surveyor;
  }

  /**
   * A page of all sessions; the first page also lists busy and connected sessions regardless of their age.
   */
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

  /** Active sessions by user: processing, queued, connected, or recently used. */
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

  /** One session: that of `user` if set, else of the administrator, else the most recently used. */
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
    // An open socket does not create a session; a queued message does.
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

  /** Live sessions to list that are missing in `documents`, with their document if they have one. */
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
    const state = live.get(key) ?? { processing: false, waiting: 0, connections: 0, lastActive: 0 };
    live.set(key, state);
    return state;
  };
  for (const { user, session, processing, waiting, last_active } of held) {
    const state = of(user, session);
    // Two processes may report the same session while its partition moves.
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

// Ids contain no dots.
function idOf(key: string): { user: string; session: string } {
  const [user = "", session = ""] = key.split(".");
  return { user, session };
}
