import { streamSeqOf } from "../../schemas/messages/out-batch.ts";
import type { OutItem } from "../../schemas/messages/out-item.ts";
import type { DirectFrame } from "../../schemas/wire/direct-frame.ts";
import { acceptedFromEcho } from "../submit/accepted-frame.ts";
import { BatchChain } from "./batch-chain.ts";
import type { Batch, Position, WireFrame } from "./frame.ts";
import { RunFence } from "./run-fence.ts";
import { type FrameSink, type StreamContext, type StreamEvents, UserStream } from "./user-stream.ts";

/** A WebSocket that receives a user's whole stream. */
export interface LiveSocket {
  readonly id: string;
  readonly session: string;
  /** Whether it is closed; no other method may be called then. */
  readonly gone: boolean;
  send(text: string): void;
  /** Publishes to all subscribers of the topic except itself. */
  publish(topic: string, text: string): void;
  subscribe(topic: string): void;
  /** Unsent bytes. */
  buffered(): number;
  /** Closes it as a slow consumer. */
  endSlow(topic: string): void;
}

/** A reader of frames other than a chat socket: a Cyber socket, an event stream. */
export interface Follower {
  /** `encoded` is the frame's JSON, serialized once for all readers. */
  frame(frame: WireFrame, encoded: () => string): void;
  /** Frames may be missing from here on. */
  restarted(): void;
}

/** A missed frame, encoded. */
export interface MissedFrame {
  seq: number;
  text: string;
}

/** A follower that receives the whole stream, can resume, and forwards frames unchanged. */
export interface EventReader extends Follower {
  /** Whether it is closed; no other method may be called then. */
  readonly gone: boolean;
  /** Start position: `recovered` means that `missed` is complete from `resume` to now. */
  begin(position: Position, recovered: boolean, missed: MissedFrame[]): void;
}

/** Callbacks of a feed to the hub. */
export interface FeedEvents extends StreamEvents {
  /** A frame of this many characters is about to be sent to sockets, which may be slow. */
  sending(feed: UserFeed, characters: number): void;
  /** A session's owner has accepted a message, or has refused it to its sender. */
  confirmed(user: string, session: string, clientMsgId: string): void;
}

/** Dependencies of a feed. */
export interface FeedContext extends StreamContext {
  edge: string;
  events: FeedEvents;
  /** Publishes to every socket subscribed to a topic. */
  publish(topic: string, text: string): void;
}

/** Attempts of a resuming socket to catch up with a stream that advances meanwhile. */
const resumeRounds = 20;

const none: readonly Follower[] = [];

/** Delivers one user's stream to their sockets and followers on this edge. */
export class UserFeed implements FrameSink {
  readonly stream: UserStream;
  readonly topic: string;
  /** Sockets and followers, including those still joining. */
  members = 0;
  /** Characters sent since the last check for slow sockets. */
  unseen = 0;
  readonly #context: FeedContext;
  // Created on demand: most users of an edge are idle and have one reader.
  #sockets: Map<string, LiveSocket> | undefined;
  /** Copied on write, so that a loop over it is safe. */
  #followers: readonly Follower[] = none;

  constructor(user: string, context: FeedContext) {
    this.#context = context;
    this.topic = `user/${user}`;
    this.stream = new UserStream(user, context, this);
  }

  /**
   * Sends `connected` and then every frame. With `resume`, missed frames come first if all of them are still
   * stored.
   */
  join(socket: LiveSocket, resume: Position | undefined): Promise<void> {
    return this.#locate(resume, socket, (missed) => this.#begin(socket, resume, missed));
  }

  /** As `join`, for an event stream, which gets its start position by {@link EventReader.begin}. */
  read(reader: EventReader, resume: Position | undefined): Promise<void> {
    return this.#locate(resume, reader, (missed) => {
      const recovered = this.#countResume(resume, missed);
      const { epoch, seq } = this.stream.position;
      reader.begin({ epoch, seq: recovered && resume ? resume.seq : seq }, recovered, missed ?? []);
      this.#followers = [...this.#followers, reader];
    });
  }

  /**
   * Collects the frames missed since `resume`, and calls `begin` in the same turn of the event loop, so that
   * no frame is lost in between. `begin(undefined)`: the missed frames are no longer stored.
   */
  async #locate(
    resume: Position | undefined,
    reader: { readonly gone: boolean },
    begin: (missed: MissedFrame[] | undefined) => void,
  ): Promise<void> {
    // Frames routed to this edge before the query have arrived by the time it is answered.
    if (resume !== undefined) await this.#context.link.nc.flush().catch(() => undefined);
    for (let round = 0; ; round++) {
      await this.stream.live();
      if (reader.gone) return;
      const { epoch, seq } = this.stream.position;
      const until = this.stream.streamSeq;
      const here = resume?.epoch === epoch && resume.seq <= seq && round < resumeRounds;
      if (resume === undefined || !here) return begin(undefined);
      if (resume.seq === seq) return begin([]);
      const missed = await this.#missed(resume.seq, until, seq).catch(() => undefined);
      if (reader.gone) return;
      if (!this.stream.isLive || this.stream.streamSeq !== until) continue;
      return begin(missed);
    }
  }

  /** Removes a socket. */
  leave(socket: LiveSocket): void {
    this.#sockets?.delete(socket.id);
  }

  /**
   * Passes every later frame to `follower`; with `replay`, after all stored ones. Resolves with the stream's
   * position.
   */
  async follow(follower: Follower, replay: boolean): Promise<Position> {
    const fence = new RunFence(this.#context.limits.fencedReplies);
    for (let from = replay ? 1 : Number.POSITIVE_INFINITY; ; ) {
      await this.stream.live();
      const until = this.stream.streamSeq;
      if (from <= until) {
        const batches = await this.#read(from, until).catch(() => undefined);
        for (const batch of batches ?? [])
          for (const { frame, seq, admitted } of fence.pass(batch))
            if (admitted) follower.frame({ ...frame, seq, prev: 0 }, () => JSON.stringify(frame));
        from = until + 1;
        // No await from here on: a frame could be missed.
        if (!this.stream.isLive || this.stream.streamSeq !== until) continue;
      }
      this.#followers = [...this.#followers, follower];
      return this.stream.position;
    }
  }

  /** Removes a follower. */
  unfollow(follower: Follower): void {
    this.#followers = this.#followers.filter((one) => one !== follower);
  }

  frame(frame: WireFrame, origin: OutItem["origin"]): void {
    const ours = origin?.edge === this.#context.edge;
    let text: string | undefined;
    const encoded = () => {
      text ??= JSON.stringify(frame);
      return text;
    };
    if (this.#sockets !== undefined && this.#sockets.size > 0) {
      text = encoded();
      this.#context.events.sending(this, text.length);
      const sender = ours ? this.#sockets.get(origin.socket) : undefined;
      if (sender === undefined || sender.gone) this.#context.publish(this.topic, text);
      else {
        sender.publish(this.topic, text);
        sender.send(JSON.stringify(acceptedFromEcho(frame)));
      }
      this.#context.metrics.framesOut.inc(this.#sockets.size);
    }
    if ((ours && frame.type === "response") || frame.type === "error") {
      const { session_id, client_msg_id } = frame;
      if (session_id && client_msg_id)
        this.#context.events.confirmed(this.stream.user, session_id, client_msg_id);
    }
    for (const follower of this.#followers) follower.frame(frame, encoded);
  }

  restarted(): void {
    for (const socket of this.#sockets?.values() ?? [])
      if (!socket.gone) socket.send(this.#connected(socket, false));
    for (const follower of this.#followers) follower.restarted();
  }

  /** Closes every socket with more than `bytes` unsent. Returns how many. */
  endSlow(bytes: number): number {
    this.unseen = 0;
    let ended = 0;
    for (const socket of [...(this.#sockets?.values() ?? [])]) {
      if (socket.gone || socket.buffered() <= bytes) continue;
      this.leave(socket);
      socket.endSlow(this.topic);
      ended += 1;
    }
    return ended;
  }

  /** `missed` undefined = the missed frames are no longer stored. */
  #begin(socket: LiveSocket, resume: Position | undefined, missed: MissedFrame[] | undefined): void {
    const recovered = this.#countResume(resume, missed);
    socket.send(this.#connected(socket, recovered, recovered ? resume?.seq : undefined));
    for (const { text } of missed ?? []) if (!socket.gone) socket.send(text);
    if (socket.gone) return;
    this.#sockets ??= new Map();
    this.#sockets.set(socket.id, socket);
    socket.subscribe(this.topic);
  }

  /** Whether a resuming reader can get all missed frames. */
  #countResume(resume: Position | undefined, missed: MissedFrame[] | undefined): boolean {
    const recovered = resume !== undefined && missed !== undefined;
    if (resume !== undefined) this.#context.metrics.resumes.inc({ recovered: String(recovered) });
    return recovered;
  }

  #connected(socket: LiveSocket, recovered: boolean, from?: number): string {
    const { epoch, seq } = this.stream.position;
    const frame: DirectFrame = {
      type: "connected",
      session_id: socket.session,
      epoch,
      seq: from ?? seq,
      recovered,
      timestamp: Date.now(),
    };
    return JSON.stringify(frame);
  }

  /** The frames after `seq` up to `last`, encoded; undefined when some have expired. */
  async #missed(seq: number, until: number, last: number): Promise<MissedFrame[] | undefined> {
    const { out, limits } = this.#context;
    const first = streamSeqOf(seq);
    const batches = await out.read(this.stream.user, Math.max(1, first), until, limits.replayBytes);
    if (batches === undefined) return undefined;
    // The stream drops its oldest first: if the message of the last seen frame is stored, so are all later
    // ones.
    if (first === 0) await out.refresh();
    if (first === 0 ? out.firstSeq > 1 : batches[0]?.streamSeq !== first) return undefined;
    const chain = new BatchChain();
    if (batches.filter((batch) => chain.isBroken(batch)).length > 0) return undefined;
    const fence = this.stream.fenceAgain(seq);
    const missed: MissedFrame[] = [];
    let prev = seq;
    for (const batch of batches) {
      for (const { frame, seq: at, admitted } of fence.pass(batch)) {
        // The last frame was sent here, so the next one's `prev` refers to it, whatever this fence admits.
        if ((!admitted && at !== last) || at <= seq || at > last) continue;
        missed.push({ seq: at, text: JSON.stringify({ ...frame, seq: at, prev }) });
        prev = at;
      }
    }
    return prev === last ? missed : undefined;
  }

  #read(from: number, until: number): Promise<Batch[] | undefined> {
    const { out, limits } = this.#context;
    return out.read(this.stream.user, from, until, limits.heldFrameBytes);
  }
}
