import type { Logger } from "../../infra/log.ts";
import type { Limits } from "../../schemas/limits.ts";
import { streams } from "../../schemas/messages/subjects.ts";
import type { NatsLink } from "../nats-link.ts";
import type { EdgeMetrics } from "../operations/metrics.ts";
import type { Position } from "./frame.ts";
import { OutStream } from "./out-stream.ts";
import {
  type EventReader,
  type FeedContext,
  type FeedEvents,
  type Follower,
  type LiveSocket,
  UserFeed,
} from "./user-feed.ts";

/** Constructor options of a hub. */
export interface HubOptions {
  edge: string;
  link: NatsLink;
  log: Logger;
  limits: Limits;
  metrics: EdgeMetrics;
  /** Publishes to every socket subscribed to a topic. */
  publish(topic: string, text: string): void;
  /** A session's owner has accepted a message, or has refused it to its sender. */
  confirmed(user: string, session: string, clientMsgId: string): void;
}

const againMs = 200;
/** Interval of the stream checks, and their timeout. */
const lookMs = 2_000;

/** A follower's registration in the hub. */
export interface Following {
  /** Position of the stream when it joined. */
  position: Position;
  leave(): void;
}

/** The users whose frames this edge reads: those with a socket or an event stream here. */
export class Hub implements FeedEvents {
  readonly #options: HubOptions;
  readonly #context: FeedContext;
  readonly #out: OutStream;
  readonly #feeds = new Map<string, UserFeed>();
  readonly #dirty = new Set<UserFeed>();
  #sweep: NodeJS.Timeout | undefined;
  #epoch = "";
  #seenSeq = 0;
  #synced = false;
  #away = false;
  #turn = 0;
  readonly #watch: NodeJS.Timeout;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#out = new OutStream(options.link, options.log);
    this.#context = { ...options, out: this.#out, events: this };
    options.link.onDown(() => this.#hold());
    options.link.onUp(() => this.#resync());
    this.#resync();
    this.#watch = setInterval(() => void this.#lookAtStream(), lookMs);
  }

  /** Whether the stream OUT does not answer, so that no frames can be delivered. */
  get away(): boolean {
    return this.#away;
  }

  /** Epoch of the stream that current frames come from. */
  get epoch(): string {
    return this.#out.epoch;
  }

  /** Position of a user's stream on this edge. */
  position(user: string): Position {
    return this.#feeds.get(user)?.stream.position ?? { epoch: this.epoch, seq: 0 };
  }

  /** Joins a socket; see {@link UserFeed.join}. The caller must {@link detach} it. */
  attach(user: string, socket: LiveSocket, resume: Position | undefined): Promise<void> {
    return this.#enter(user).join(socket, resume);
  }

  /** Removes an attached socket. */
  detach(user: string, socket: LiveSocket): void {
    const feed = this.#feeds.get(user);
    feed?.leave(socket);
    if (feed !== undefined) this.#exit(feed);
  }

  /** Adds a follower; see {@link UserFeed.follow}. */
  async follow(user: string, follower: Follower, replay: boolean): Promise<Following> {
    const feed = this.#enter(user);
    const position = await this.#joined(feed, feed.follow(follower, replay));
    return { position, leave: this.#leaving(feed, follower) };
  }

  /**
   * Adds an event stream; see {@link UserFeed.read}. Resolves with its leave function once it has begun or
   * closed.
   */
  async read(user: string, reader: EventReader, resume: Position | undefined): Promise<() => void> {
    const feed = this.#enter(user);
    await this.#joined(feed, feed.read(reader, resume));
    return this.#leaving(feed, reader);
  }

  /** Removes the registration of a reader that can't join. */
  #joined<T>(feed: UserFeed, joining: Promise<T>): Promise<T> {
    return joining.catch((err: unknown) => {
      this.#exit(feed);
      throw err;
    });
  }

  /** The leave function of a follower; idempotent. */
  #leaving(feed: UserFeed, follower: Follower): () => void {
    let gone = false;
    return () => {
      if (gone) return;
      gone = true;
      feed.unfollow(follower);
      this.#exit(feed);
    };
  }

  arrived(streamSeq: number): void {
    this.#seenSeq = Math.max(this.#seenSeq, streamSeq);
  }

  outOfOrder(): void {
    this.#resync();
  }

  /**
   * Schedules a check for slow sockets, at once after much output: uWebSockets.js drops a socket at its hard
   * buffer limit without a close reason, so the check must come first.
   */
  sending(feed: UserFeed, characters: number): void {
    feed.unseen += characters;
    if (feed.unseen > this.#options.limits.slowConsumerBytes) this.#endSlow(feed);
    this.#dirty.add(feed);
    this.#sweep ??= setTimeout(() => {
      this.#sweep = undefined;
      const feeds = [...this.#dirty];
      this.#dirty.clear();
      for (const one of feeds) this.#endSlow(one);
    }, this.#options.limits.sweepMs);
  }

  confirmed(user: string, session: string, clientMsgId: string): void {
    this.#options.confirmed(user, session, clientMsgId);
  }

  /** Stops reading. */
  close(): void {
    this.#turn += 1;
    clearTimeout(this.#sweep);
    clearInterval(this.#watch);
    for (const feed of this.#feeds.values()) feed.stream.close();
    this.#feeds.clear();
  }

  #enter(user: string): UserFeed {
    let feed = this.#feeds.get(user);
    if (feed === undefined) {
      feed = new UserFeed(user, this.#context);
      this.#feeds.set(user, feed);
      this.#options.metrics.streams.set(this.#feeds.size);
      if (this.#synced) feed.stream.recover(false, 0);
    }
    feed.members += 1;
    return feed;
  }

  #exit(feed: UserFeed): void {
    feed.members -= 1;
    const { user } = feed.stream;
    if (feed.members > 0 || this.#feeds.get(user) !== feed) return;
    feed.stream.close();
    this.#feeds.delete(user);
    this.#dirty.delete(feed);
    this.#options.metrics.streams.set(this.#feeds.size);
  }

  #hold(): void {
    this.#turn += 1;
    this.#synced = false;
    for (const { stream } of this.#feeds.values()) stream.hold();
  }

  /** Holds all streams until the epoch is known again: live frames don't carry it. */
  #resync(): void {
    this.#hold();
    const turn = this.#turn;
    const run = async () => {
      while (turn === this.#turn) {
        try {
          await this.#refresh();
          if (turn === this.#turn) return this.#goOn();
        } catch (err) {
          if (turn === this.#turn)
            this.#options.log.warn({ err, stream: streams.out }, "stream not readable, retrying");
        }
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    };
    void run();
  }

  /** Detects a stream that has lost its content while idle, and one that does not answer. */
  async #lookAtStream(): Promise<void> {
    if (!this.#synced || !this.#options.link.up) return;
    const turn = this.#turn;
    try {
      await this.#refresh();
    } catch (err) {
      this.#options.log.warn({ err, stream: streams.out }, "stream not readable, retrying");
    }
    if (turn === this.#turn && this.#epoch !== this.#out.epoch) this.#resync();
  }

  async #refresh(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error("stream OUT does not answer")), lookMs);
    });
    try {
      await Promise.race([this.#out.refresh(this.#seenSeq), late]);
      this.#away = false;
    } catch (err) {
      this.#away = true;
      throw err;
    } finally {
      clearTimeout(timer);
    }
  }

  #goOn(): void {
    const changed = this.#epoch !== this.#out.epoch;
    if (changed) this.#seenSeq = 0;
    this.#epoch = this.#out.epoch;
    this.#synced = true;
    for (const { stream } of this.#feeds.values()) stream.recover(changed, this.#seenSeq);
  }

  #endSlow(feed: UserFeed): void {
    const ended = feed.endSlow(this.#options.limits.slowConsumerBytes);
    if (ended > 0) this.#options.metrics.slow.inc(ended);
  }
}
