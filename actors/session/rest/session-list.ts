import type { JetStreamManager } from "@nats-io/jetstream";
import type { z } from "zod";
import { isDuplicateKey } from "../../../infra/mongo/duplicate-key.ts";
import type { SessionDocument } from "../../../schemas/documents/collections.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import { parseSessionIn, streams, subjects } from "../../../schemas/messages/subjects.ts";
import type { createSession, listSessions } from "../../../schemas/routes/sessions.ts";
import type { Eraser } from "../transcript/erase.ts";
import type { TurnStore } from "../transcript/turn-store.ts";
import { defaultTitle, type SessionDocuments } from "./session-documents.ts";
import type { SessionQueues } from "./session-queues.ts";

const deletesAtATime = 16;

/** A session as REST shows it. */
export type SessionView = z.input<typeof createSession.answer>;

/** Dependencies of the session list. */
export interface SessionListDeps {
  store: Pick<TurnStore, "tail">;
  sessions: SessionDocuments;
  owner: Pick<SessionQueues, "queue">;
  eraser: Pick<Eraser, "delete">;
  jsm: JetStreamManager;
  /** Bytes that one list may have. */
  listBytes: number;
}

/**
 * The sessions of a user: those with a document, and those with queued messages alone, whose first turn will
 * write one.
 */
export class SessionList {
  readonly #deps: SessionListDeps;

  constructor(deps: SessionListDeps) {
    this.#deps = deps;
  }

  /** Makes a session. @throws ParleyError `conflict` when the user has one of this id */
  async create(
    user: string,
    wanted: { session_id?: string | undefined; title?: string | undefined; is_main: boolean },
  ): Promise<SessionView> {
    const { sessions, store } = this.#deps;
    const id = wanted.session_id ?? newId("session_");
    if (wanted.session_id !== undefined && (await this.find(user, id)) !== null) throw sessionExists();
    const [last] = await store.tail(user, id, 1);
    const document = await sessions
      .create(user, id, (last?._id.n ?? -1) + 1, wanted.title || undefined)
      .catch((err: unknown) => {
        throw isDuplicateKey(err) ? sessionExists() : err;
      });
    if (wanted.is_main) await sessions.setMain(user, id);
    return toSessionView(document, await sessions.mainOf(user));
  }

  /** One page, most recently updated first. */
  async page(
    user: string,
    { limit, offset }: { limit: number; offset: number },
  ): Promise<z.input<typeof listSessions.answer>> {
    const { sessions, listBytes } = this.#deps;
    const main = await sessions.mainOf(user);
    const page = offset === 0 ? await this.#withoutDocument(user, main) : [];
    let bytes = 0;
    for await (const document of sessions.of(user, offset)) {
      const session = toSessionView(document, main);
      bytes += Buffer.byteLength(JSON.stringify(session));
      if (page.length >= limit || bytes > listBytes) return { sessions: page, has_more: true };
      page.push(session);
    }
    return { sessions: page, has_more: false };
  }

  /** One session; null when there is none. */
  async find(user: string, session: string): Promise<SessionView | null> {
    const { sessions, store, owner } = this.#deps;
    const document = await sessions.find(user, session);
    if (document !== null) return toSessionView(document, await sessions.mainOf(user));
    const [last] = await store.tail(user, session, 1);
    const { unfinished } = await owner.queue(user, session);
    const [first] = unfinished;
    if (first !== undefined) return viewOfNew(user, session, first.created_at);
    // Its first turn is committed, and the document comes next.
    return last === undefined || last.kind === "delete" ? null : viewOfNew(user, session, last.at.getTime());
  }

  /** Deletes all sessions of a user, with what is queued in them. */
  async deleteAll(user: string, deadline?: number): Promise<void> {
    const { sessions, eraser } = this.#deps;
    const ids = new Set(await this.#queued(user));
    for await (const { _id } of sessions.of(user)) ids.add(_id.session);
    const left = [...ids];
    const work = async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) await eraser.delete(user, id, deadline);
    };
    await Promise.all(Array.from({ length: deletesAtATime }, work));
  }

  /** Sessions whose first message is accepted and unfinished. */
  async #withoutDocument(user: string, main: string | null): Promise<SessionView[]> {
    const queued = await this.#queued(user);
    const stored = new Set((await this.#deps.sessions.among(user, queued)).map(({ _id }) => _id.session));
    const views: SessionView[] = [];
    for (const session of queued.filter((id) => !stored.has(id))) {
      const [first] = (await this.#deps.owner.queue(user, session)).unfinished;
      if (first !== undefined)
        views.push({ ...viewOfNew(user, session, first.created_at), is_main: session === main });
    }
    return views.toSorted((a, b) => b.updated_at - a.updated_at);
  }

  /** Sessions with entries in the log. */
  async #queued(user: string): Promise<string[]> {
    const info = await this.#deps.jsm.streams.info(streams.sessions, {
      subjects_filter: subjects.sessionInOfUser(user),
    });
    return Object.keys(info.state.subjects ?? {}).flatMap(
      (subject) => parseSessionIn(subject)?.session ?? [],
    );
  }
}

function toSessionView(document: SessionDocument, main: string | null): SessionView {
  const { user, session } = document._id;
  return {
    id: session,
    user_id: user,
    title: document.title,
    is_main: session === main,
    created_at: document.created_at.getTime(),
    updated_at: document.updated_at.getTime(),
  };
}

function viewOfNew(user: string, session: string, at: number): SessionView {
  return {
    id: session,
    user_id: user,
    title: defaultTitle,
    is_main: false,
    created_at: at,
    updated_at: at,
  };
}

function sessionExists(): ParleyError {
  return new ParleyError("conflict", { error: "会话已存在" });
}
