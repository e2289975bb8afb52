import type { Logger } from "../../infra/log.ts";
import type { Limits } from "../../schemas/limits.ts";
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

/** What a hub is made with. */
export interface HubOptions {
  edge: string;
  link: NatsLink;
  log: Logger;
  limits: Limits;
  metrics: EdgeMetrics;
  /** Sends to every socket that is subscribed to a topic. */
  publish(topic: string, text: string): void;
  /** The owner of its session has taken a message, or has refused it to its sender. */
  confirmed(user: string, session: string, clientMsgId: string): void;
}

const againMs = 200;
/** How often the stream is looked at, and how long it may take to answer. */
const lookMs = 2_000;

/** A follower's place in the hub. */
export interface Following {
  /** Where the stream stood when it joined. */
  position: Position;
  leave(): void;
}

/** The users whose frames this edge reads: those who have a socket or an event stream here. */
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

  /** Whether the stream of frames does not answer: nobody can be shown anything now. */
  get away(): boolean {
    return this.#away;
  }

  /** Which life of the stream the frames now come from. */
  get epoch(): string {
    return this.#out.epoch;
  }

  /** Where a user's stream stands here. */
  position(user: string): Position {
    return this.#feeds.get(user)?.stream.position ?? { epoch: this.epoch, seq: 0 };
  }

  /** Joins a socket; see {@link UserFeed.join}. It must {@link detach} in the end. */
  attach(user: string, socket: LiveSocket, resume: Position | undefined): Promise<void> {
    return this.#enter(user).join(socket, resume);
  }

  /** Ends a socket that was attached. */
  detach(user: string, socket: LiveSocket): void {
    const feed = this.#feeds.get(user);
    feed?.leave(socket);
    if (feed !== undefined) this.#exit(feed);
  }

  /** Joins a follower; see {@link UserFeed.follow}. */
  async follow(user: string, follower: Follower, replay: boolean): Promise<Following> {
    const feed = this.#enter(user);
    const position = await this.#joined(feed, feed.follow(follower, replay));
    return { position, leave: this.#leaving(feed, follower) };
  }

  /** Joins an event stream; see {@link UserFeed.read}. Answers how it leaves, once it has begun or is gone. */
  async read(user: string, reader: EventReader, resume: Position | undefined): Promise<() => void> {
    const feed = this.#enter(user);
    await this.#joined(feed, feed.read(reader, resume));
    return this.#leaving(feed, reader);
  }

  /** Takes its place back where a reader can't join. */
  #joined<T>(feed: UserFeed, joining: Promise<T>): Promise<T> {
    return joining.catch((err: unknown) => {
      this.#exit(feed);
      throw err;
    });
  }

  /** How a follower leaves: once, however often it is called. */
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
   * Checks for slow sockets soon, and at once where much is sent: the hard bound of a socket's buffer drops it without a
   * reason, and must not be reached between two checks.
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

  /** Everybody waits until the epoch is known again, for live frames do not name it. */
  #resync(): void {
    this.#hold();
    const turn = this.#turn;
    const run = async () => {
      while (turn === this.#turn) {
        try {
          await this.#refresh();
          if (turn === this.#turn) return this.#goOn();
        } catch (err) {
          if (turn === this.#turn) this.#options.log.warn({ err }, "stream OUT not readable, retrying");
        }
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    };
    void run();
  }

  /** Notices a stream that has lost its content while nothing was sent, and one that does not answer. */
  async #lookAtStream(): Promise<void> {
    if (!this.#synced || !this.#options.link.up) return;
    const turn = this.#turn;
    try {
      await this.#refresh();
    } catch (err) {
      this.#options.log.warn({ err }, "stream OUT not readable, retrying");
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
