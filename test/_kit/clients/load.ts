import type { Control, Send } from "../judge/history.ts";
import { sessionName } from "../judge/history.ts";
import type { Seed } from "../judge/seed.ts";
import { within } from "../judge/waiting.ts";
import type { ChatClient } from "./client.ts";

/** Size of the load. */
export interface LoadOptions {
  clients: readonly ChatClient[];
  sessions: number;
  seed: Seed;
  /** Maximum unfinished messages per session. */
  window?: number;
  /** Messages per session; by default the load runs until stopped. */
  messages?: number;
}

/** Numbered messages to many sessions concurrently, each session written by one client in order. */
export class Load {
  readonly sessions: readonly string[];
  /** Deletes, clears and stops, for the checker. */
  readonly controls: Control[] = [];
  #options: LoadOptions;
  #stopped = false;
  #paused = false;
  #running: Promise<unknown>;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.sessions = Array.from({ length: options.sessions }, (_, index) => `s${index}`);
    this.#running = Promise.all(this.sessions.map((session, index) => this.#write(session, index)));
    // Awaited in settle; until then a failure must not crash the process.
    this.#running.catch(() => undefined);
  }

  /** Waits until the clients have seen `more` further final frames. */
  async progress(more: number, ms = 90_000): Promise<void> {
    const ends = () => Math.max(...this.#options.clients.map((client) => client.everFinished.size));
    const goal = ends() + more;
    const what = `${more} more turns`;
    await Promise.any(
      this.#options.clients.map((client) => client.until(() => ends() >= goal, what, ms)),
    ).catch(() => {
      throw new Error(`expected within ${ms} ms: ${what}; ${ends() - goal + more} came`);
    });
  }

  /** Sends a command at its place in the session's queue; a clear is reported to the checker. */
  command(session: string, content: string): void {
    const { clients } = this.#options;
    const client = clients[this.sessions.indexOf(session) % clients.length];
    if (client === undefined) return;
    const send = client.post(content, { session, id: `${session}-command-${this.controls.length}` });
    this.controls.push({ kind: "clear", user: client.user, session, sentAt: send.sentAt });
  }

  /** Stops sending. */
  stop(): void {
    this.#stopped = true;
    for (const client of this.#options.clients) client.touch();
  }

  /** Stops sending, and waits until every message has its answer and its final frame. */
  async settle(ms = 120_000): Promise<void> {
    this.stop();
    await within(this.#running, ms, "the senders end");
    const ended = new Set(this.controls.filter(({ kind }) => kind !== "stop").map(sessionName));
    const counts = (send: Send) => send.outcome === undefined || !ended.has(sessionName(send));
    await Promise.all(this.#options.clients.map((client) => client.settled(ms, counts)));
  }

  /** Waits until the next turn of a session has ended, for any client. */
  async nextTurn(session: string, ms = 120_000): Promise<void> {
    const { clients } = this.#options;
    const ends = () =>
      Math.max(
        ...clients.map(
          (client) =>
            client.sends.filter(
              ({ session: of, client_msg_id }) => of === session && client.view.finished.has(client_msg_id),
            ).length,
        ),
      );
    const before = ends();
    const what = `another turn of ${session}`;
    await Promise.any(clients.map((client) => client.until(() => ends() > before, what, ms)));
  }

  /** Pauses sending until {@link resume}; resolves when every message has its answer. */
  async pause(): Promise<void> {
    this.#paused = true;
    await Promise.all(this.#options.clients.map((client) => client.settled(120_000, () => true)));
  }

  /** Resumes sending. */
  resume(): void {
    this.#paused = false;
    for (const client of this.#options.clients) client.touch();
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  async #write(session: string, index: number): Promise<void> {
    const { clients, seed, window = 3, messages = Number.POSITIVE_INFINITY } = this.#options;
    const client = clients[index % clients.length];
    if (client === undefined) throw new Error("a load needs a client");
    const sent: Send[] = [];
    const open = () => sent.filter((send) => !this.#over(client, send)).length;
    for (let count = 0; count < messages && !this.#stopped; count++) {
      await client.until(
        () => this.#stopped || (!this.#paused && open() < window),
        `room in ${session}`,
        2 ** 31 - 1,
      );
      if (this.#stopped) return;
      const content = `${client.user}: ${session} message ${count} ${"x".repeat(seed.int(0, 20))}`;
      sent.push(client.post(content, { session, id: `${session}-${client.name}-${count}` }));
    }
  }

  /** Finally answered: finished, refused, or possibly removed by a delete or clear, which is not reported. */
  #over(client: ChatClient, send: Send): boolean {
    if (client.view.finished.has(send.client_msg_id)) return true;
    if (send.outcome !== undefined && send.outcome !== "accepted") return true;
    return this.controls.some(
      (control) =>
        control.kind !== "stop" &&
        sessionName(control) === sessionName(send) &&
        control.sentAt >= send.sentAt,
    );
  }
}
