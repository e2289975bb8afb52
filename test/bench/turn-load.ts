import { Watch } from "../_kit/judge/waiting.ts";
import { FrameSocket } from "./frame-socket.ts";

/** Whom to talk to, and how many sessions at a time. */
export interface TurnLoadOptions {
  port: number;
  path: string;
  sessions: number;
  /** Begins every session's name; another load, another prefix. */
  prefix: string;
  /** Model that a message asks for. */
  model: string;
  /** Turns after which a slot goes on with a new session; without it a session lives as long as the load. */
  turnsPerSession?: number;
  /** Turns after which a slot ends. */
  turnsPerSlot?: number;
  onTurn?: (session: string, at: number) => void;
  onFirst?: (session: string, at: number) => void;
}

interface Slot {
  session: string;
  turns: number;
  sentAt: number;
  begun: boolean;
  first: boolean;
}

const drainMs = 30_000;
const text = "how is the weather on the other side of the hill today?";
const sessionField = '"session_id":"';
const typeAt = '{"type":"'.length;

/**
 * A closed loop of turns: each session has one message unfinished, and sends the next one when its `stream_end` comes.
 * All of them share one socket, as `/ws/chat` has one user whose sockets all get everything.
 */
export class TurnLoad {
  turns = 0;
  /** From the message to the first chunk of its reply, ms. */
  firstChunkMs: number[] = [];
  /** From the message to the beginning of its reply, ms. */
  beginMs: number[] = [];
  readonly #options: TurnLoadOptions;
  readonly #slots: Slot[] = [];
  readonly #bySession = new Map<string, Slot>();
  readonly #watch = new Watch();
  #socket: FrameSocket | undefined;
  #connected = false;
  #open = 0;
  #stopped = false;
  #failure: Error | undefined;

  constructor(options: TurnLoadOptions) {
    this.#options = options;
  }

  /** Connects, and sends the first message of every session. `greeted`: the server speaks first, and is waited for. */
  async start(greeted: boolean): Promise<void> {
    const { port, path, sessions } = this.#options;
    this.#socket = await FrameSocket.open({
      port,
      path,
      onFrame: (bytes, start, length) => this.#frame(bytes.toString("latin1", start, start + length)),
      onClose: () => this.#fail(new Error("the connection was lost")),
    });
    if (greeted) await this.#until(() => this.#connected, "the first frame");
    for (let index = 0; index < sessions; index++) {
      const slot = { session: "", turns: 0, sentAt: 0, begun: false, first: false };
      this.#slots.push(slot);
      this.#enter(slot, index);
      this.#send(slot);
    }
  }

  /** Waits until so many turns have ended in all. */
  reached(turns: number, ms: number): Promise<unknown> {
    return this.#until(() => this.turns >= turns, `${turns} turns`, ms);
  }

  /** Forgets what was counted. */
  reset(): void {
    this.turns = 0;
    this.firstChunkMs = [];
    this.beginMs = [];
  }

  /** Sends no more, waits for the replies that are under way, and disconnects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#until(() => this.#open === 0, "the last replies");
    this.cut();
  }

  /** Disconnects at once. */
  cut(): void {
    this.#stopped = true;
    this.#failure ??= new Error("cut");
    this.#socket?.destroy();
  }

  #until(look: () => boolean, what: string, ms = drainMs): Promise<unknown> {
    return this.#watch.until(
      () => {
        if (this.#failure !== undefined) throw this.#failure;
        return look();
      },
      ms,
      what,
    );
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#watch.changed();
  }

  #enter(slot: Slot, index: number): void {
    this.#bySession.delete(slot.session);
    slot.session = `${this.#options.prefix}-${index}-${slot.turns}`;
    this.#bySession.set(slot.session, slot);
  }

  #send(slot: Slot): void {
    slot.sentAt = performance.now();
    slot.begun = slot.first = false;
    this.#open += 1;
    const client_msg_id = `${slot.session}-${slot.turns}`;
    const { session: session_id } = slot;
    const { model } = this.#options;
    this.#socket?.send(JSON.stringify({ type: "message", session_id, client_msg_id, content: text, model }));
  }

  #frame(frame: string): void {
    const type = frame.slice(typeAt, frame.indexOf('"', typeAt));
    if (type === "connected") this.#connected = true;
    if (type === "error") this.#fail(new Error(frame));
    const at = frame.indexOf(sessionField) + sessionField.length;
    const slot = this.#bySession.get(frame.slice(at, frame.indexOf('"', at)));
    if (slot === undefined) {
      this.#watch.changed();
      return;
    }
    const now = performance.now();
    if (type === "stream_start" && !slot.begun) {
      slot.begun = true;
      this.beginMs.push(now - slot.sentAt);
      this.#options.onFirst?.(slot.session, now);
    } else if (type === "stream_chunk" && !slot.first) {
      slot.first = true;
      this.firstChunkMs.push(now - slot.sentAt);
    } else if (type === "stream_end") this.#ended(slot, now);
  }

  #ended(slot: Slot, now: number): void {
    const { turnsPerSession, turnsPerSlot = Number.POSITIVE_INFINITY, onTurn } = this.#options;
    onTurn?.(slot.session, now);
    this.#open -= 1;
    this.turns += 1;
    slot.turns += 1;
    if (turnsPerSession !== undefined && slot.turns % turnsPerSession === 0)
      this.#enter(slot, this.#slots.indexOf(slot));
    if (!this.#stopped && slot.turns < turnsPerSlot) this.#send(slot);
    this.#watch.changed();
  }
}
