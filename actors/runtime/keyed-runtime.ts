import { setMaxListeners } from "node:events";
import type { Limits } from "../../schemas/limits.ts";
import type { MoveAnswer, MoveRequest } from "../../schemas/messages/actors-alive.ts";
import { partitionMove } from "../../schemas/messages/processes.ts";
import type { KeyedActor, KeyedGroup } from "./keyed-actor.ts";
import type { Membership } from "./membership.ts";
import { type Handover, Partition, type PartitionContext } from "./partition.ts";

const passivateEveryMs = 5_000;
/** How often a move under way is checked for an owner that has gone. */
const watchMs = 250;
/** How long a process that leaves waits to be asked for what it has finished, ms. */
const farewellMs = 2_000;

/**
 * Places the partitions of one group: takes those that should be this process's, asks their owner to let go first, and
 * hands its own over when asked.
 */
export class KeyedRuntime {
  readonly group: KeyedGroup;
  readonly #context: PartitionContext;
  readonly #membership: Membership;
  readonly #limits: Limits;
  readonly #held = new Map<number, Partition>();
  readonly #taking = new Set<number>();
  readonly #handing = new Map<number, Promise<MoveAnswer>>();
  /** Let go of by a process that leaves, not yet asked for: what the next owner has to know. */
  readonly #farewell = new Map<number, MoveAnswer>();
  #passivation: NodeJS.Timeout | undefined;
  #stopped = false;
  #whenPlaced: () => void = () => {};
  /** Resolves when this process holds all that was its own at the first look. */
  readonly placed = new Promise<void>((resolve) => {
    this.#whenPlaced = resolve;
  });

  constructor(context: PartitionContext, group: KeyedGroup, membership: Membership, limits: Limits) {
    this.#context = context;
    this.group = group;
    this.#membership = membership;
    this.#limits = limits;
  }

  /** Announces the group and begins to take partitions as the membership says. */
  start(): void {
    this.#membership.serve(this.group.name, () => [...this.#held.keys(), ...this.#farewell.keys()]);
    this.#membership.onTick(() => this.#place());
    this.#passivation = setInterval(() => {
      const before = performance.now() - this.#limits.idleActorMs;
      for (const partition of this.#held.values()) partition.passivate(before);
    }, passivateEveryMs);
  }

  /** Partitions held now. */
  get held(): number {
    return this.#held.size;
  }

  /** Actors in memory. */
  *actors(): Iterable<KeyedActor> {
    for (const partition of this.#held.values()) yield* partition.actors();
  }

  /** Reads every partition again from its beginning, after the connection was away. */
  async reread(): Promise<void> {
    await Promise.all([...this.#held.values()].map((partition) => partition.read()));
  }

  /**
   * Reads again the partitions of which nothing was heard for `limitMs`, and answers them: their consumer's server is
   * gone, or does not answer.
   */
  rereadSilent(limitMs: number): number[] {
    const silent = [...this.#held].filter(([, partition]) => partition.isSilent(limitMs));
    for (const [number, partition] of silent) {
      const silentMs = Math.round(partition.silentMs);
      this.#context.log.warn(
        { group: this.group.name, partition: number, silent_ms: silentMs },
        "partition reader silent, recreated",
      );
      // It tries until it succeeds or is stopped, and rejects never.
      void partition.read();
    }
    return silent.map(([number]) => number);
  }

  /** This process was stopped itself: what it did not hear meanwhile means nothing. */
  forgiveSilence(): void {
    for (const partition of this.#held.values()) partition.forgiveSilence();
  }

  /** Time since the server was last heard, of the partition that is silent for longest, ms. */
  get silentMs(): number {
    return Math.max(0, ...[...this.#held.values()].map((partition) => partition.silentMs));
  }

  /** Answers a move request of another process: resolves when nothing of the partition runs here any more. */
  async handOver({ partition }: MoveRequest, cut: AbortSignal): Promise<MoveAnswer> {
    const answer = (await this.#letGo(partition, cut)) ?? this.#farewell.get(partition) ?? { aborted: [] };
    this.#farewell.delete(partition);
    return answer;
  }

  /** Lets go of everything, and waits a while to be asked for it: the next owner learns that nothing has died. */
  async drain(cut: AbortSignal): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#passivation);
    await Promise.all([...this.#held.keys()].map((partition) => this.#letGo(partition, cut)));
    const until = performance.now() + farewellMs;
    while (this.#farewell.size > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** Lets go of a partition once; undefined when it is not held. */
  #letGo(partition: number, cut: AbortSignal): Promise<MoveAnswer> | undefined {
    const running = this.#handing.get(partition);
    if (running !== undefined) return running;
    const held = this.#held.get(partition);
    if (held === undefined) return undefined;
    const limit = AbortSignal.any([cut, AbortSignal.timeout(Math.round(this.#limits.moveMs * 0.9))]);
    // Every actor of the partition listens to it.
    setMaxListeners(0, limit);
    const handing = held.handOver(limit).then((aborted) => {
      const answer = { aborted };
      this.#held.delete(partition);
      this.#handing.delete(partition);
      // Before the heartbeat: one that no longer lists it would make the move a takeover.
      if (this.#stopped && this.#membership.owner(this.group.name, partition) !== null)
        this.#farewell.set(partition, answer);
      this.#membership.say();
      return answer;
    });
    this.#handing.set(partition, handing);
    return handing;
  }

  #place(): void {
    if (this.#stopped) return;
    let missing = 0;
    for (let partition = 0; partition < this.group.partitions; partition++) {
      const owner = this.#membership.owner(this.group.name, partition);
      const mine = owner === this.#membership.id;
      if (owner === null || (mine && (!this.#held.has(partition) || this.#taking.has(partition))))
        missing += 1;
      if (mine && !this.#held.has(partition) && !this.#taking.has(partition)) void this.#take(partition);
      if (!mine && owner !== null && this.#held.has(partition)) this.#dropIfTaken(partition);
    }
    if (missing === 0) this.#whenPlaced();
  }

  /** Another process says that it holds what we hold, and should: we were away (stopped, cut off) and have lost it. */
  #dropIfTaken(partition: number): void {
    const owner = this.#membership.owner(this.group.name, partition);
    if (this.#handing.has(partition) || this.#membership.holder(this.group.name, partition) !== owner) return;
    this.#held.get(partition)?.close();
    this.#held.delete(partition);
    this.#context.log.info({ group: this.group.name, partition, owner }, "partition lost");
  }

  async #take(number: number): Promise<void> {
    this.#taking.add(number);
    try {
      const handover = await this.#askHolder(number);
      if (this.#stopped || this.#membership.owner(this.group.name, number) !== this.#membership.id) return;
      const partition = new Partition(this.#context, this.group, number);
      this.#held.set(number, partition);
      await partition.open(handover);
      this.#context.log.debug({ group: this.group.name, partition: number, ...handover }, "partition taken");
    } catch (err) {
      this.#context.log.warn(
        { err, group: this.group.name, partition: number },
        "partition could not be taken",
      );
      this.#held.get(number)?.close();
      this.#held.delete(number);
    } finally {
      this.#taking.delete(number);
    }
  }

  /** A move is planned when the owner answers; an owner that falls silent or lets go meanwhile makes it a takeover. */
  async #askHolder(partition: number): Promise<Handover> {
    const holder = this.#membership.holder(this.group.name, partition);
    if (holder === null) return { planned: false };
    const request: MoveRequest = { group: this.group.name, partition };
    let watch: NodeJS.Timeout | undefined;
    const gone = new Promise<null>((resolve) => {
      let missed = 0;
      watch = setInterval(() => {
        missed = this.#membership.holder(this.group.name, partition) === holder ? 0 : missed + 1;
        // Not at once: a holder that lets go says so a moment before its answer arrives.
        if (missed === 2) resolve(null);
      }, watchMs);
    });
    try {
      const answer = await Promise.race([
        this.#context.bus.ask(partitionMove, request, { to: { process: holder } }),
        gone,
      ]);
      if (answer === null) return { planned: false };
      return { planned: true, aborted: answer.aborted };
    } catch {
      return { planned: false };
    } finally {
      clearInterval(watch);
    }
  }
}
