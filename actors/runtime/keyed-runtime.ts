import { setMaxListeners } from "node:events";
import type { Limits } from "../../schemas/limits.ts";
import type { MoveAnswer, MoveRequest } from "../../schemas/messages/actors-alive.ts";
import { partitionMove } from "../../schemas/messages/processes.ts";
import type { KeyedActor, KeyedGroup } from "./keyed-actor.ts";
import type { Membership } from "./membership.ts";
import { type Handover, Partition, type PartitionContext } from "./partition.ts";

const passivateEveryMs = 5_000;
/** Interval of liveness checks of the owner during a move, ms. */
const watchMs = 250;
/** How long a stopping process waits for move requests, ms. */
const farewellMs = 2_000;

/**
 * Places the partitions of one group: takes those assigned to this process after requesting them from their
 * owner, and hands over its own on request.
 */
export class KeyedRuntime {
  readonly group: KeyedGroup;
  readonly #context: PartitionContext;
  readonly #membership: Membership;
  readonly #limits: Limits;
  readonly #held = new Map<number, Partition>();
  readonly #taking = new Set<number>();
  readonly #handing = new Map<number, Promise<MoveAnswer>>();
  /** Answers for partitions released on stop and not yet requested. */
  readonly #farewell = new Map<number, MoveAnswer>();
  #passivation: NodeJS.Timeout | undefined;
  #stopped = false;
  #whenPlaced: () => void = () => {};
  /** Resolves when this process holds all partitions of its first assignment. */
  readonly placed = new Promise<void>((resolve) => {
    this.#whenPlaced = resolve;
  });

  constructor(context: PartitionContext, group: KeyedGroup, membership: Membership, limits: Limits) {
    this.#context = context;
    this.group = group;
    this.#membership = membership;
    this.#limits = limits;
  }

  /** Announces the group and starts to take partitions according to the membership. */
  start(): void {
    this.#membership.serve(this.group.name, () => [...this.#held.keys(), ...this.#farewell.keys()]);
    this.#membership.onTick(() => this.#place());
    this.#passivation = setInterval(() => {
      const before = performance.now() - this.#limits.idleActorMs;
      for (const partition of this.#held.values()) partition.passivate(before);
    }, passivateEveryMs);
  }

  /** Number of held partitions. */
  get held(): number {
    return this.#held.size;
  }

  /** Actors in memory. */
  *actors(): Iterable<KeyedActor> {
    for (const partition of this.#held.values()) yield* partition.actors();
  }

  /** Re-reads every partition after a reconnect. */
  async reread(): Promise<void> {
    await Promise.all([...this.#held.values()].map((partition) => partition.read()));
  }

  /**
   * Re-reads the partitions that were silent for `limitMs`, and returns them: the server of their consumer is
   * gone or unresponsive.
   */
  rereadSilent(limitMs: number): number[] {
    const silent = [...this.#held].filter(([, partition]) => partition.isSilent(limitMs));
    for (const [number, partition] of silent) {
      const silentMs = Math.round(partition.silentMs);
      this.#context.log.warn(
        { group: this.group.name, partition: number, silent_ms: silentMs },
        "partition reader silent, recreated",
      );
      // Retries until it succeeds or is stopped; never rejects.
      void partition.read();
    }
    return silent.map(([number]) => number);
  }

  /** Resets the silence timers after this process was paused. */
  forgiveSilence(): void {
    for (const partition of this.#held.values()) partition.forgiveSilence();
  }

  /** Longest time since the last message or heartbeat of any partition, ms. */
  get silentMs(): number {
    return Math.max(0, ...[...this.#held.values()].map((partition) => partition.silentMs));
  }

  /** Answers a move request; resolves when nothing of the partition is running here. */
  async handOver({ partition }: MoveRequest, cut: AbortSignal): Promise<MoveAnswer> {
    const answer = (await this.#letGo(partition, cut)) ?? this.#farewell.get(partition) ?? { aborted: [] };
    this.#farewell.delete(partition);
    return answer;
  }

  /** Releases all partitions and waits for move requests, so that the next owners see planned moves. */
  async drain(cut: AbortSignal): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#passivation);
    await Promise.all([...this.#held.keys()].map((partition) => this.#letGo(partition, cut)));
    const until = performance.now() + farewellMs;
    while (this.#farewell.size > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** Releases a partition once; undefined if it is not held. */
  #letGo(partition: number, cut: AbortSignal): Promise<MoveAnswer> | undefined {
    const running = this.#handing.get(partition);
    if (running !== undefined) return running;
    const held = this.#held.get(partition);
    if (held === undefined) return undefined;
    const limit = AbortSignal.any([cut, AbortSignal.timeout(Math.round(this.#limits.moveMs * 0.9))]);
    // Every actor of the partition adds a listener.
    setMaxListeners(0, limit);
    const handing = held.handOver(limit).then((aborted) => {
      const answer = { aborted };
      this.#held.delete(partition);
      this.#handing.delete(partition);
      // Before the heartbeat: a heartbeat without the partition would turn the move into a takeover.
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

  /** Drops a partition that another process rightfully holds, after this one was paused or disconnected. */
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
      this.#context.log.warn({ err, group: this.group.name, partition: number }, "partition not taken");
      this.#held.get(number)?.close();
      this.#held.delete(number);
    } finally {
      this.#taking.delete(number);
    }
  }

  /**
   * A move is planned if the owner responds; if it goes silent or releases the partition, it is a takeover.
   */
  async #askHolder(partition: number): Promise<Handover> {
    const holder = this.#membership.holder(this.group.name, partition);
    if (holder === null) return { planned: false };
    const request: MoveRequest = { group: this.group.name, partition };
    let watch: NodeJS.Timeout | undefined;
    const gone = new Promise<null>((resolve) => {
      let missed = 0;
      watch = setInterval(() => {
        missed = this.#membership.holder(this.group.name, partition) === holder ? 0 : missed + 1;
        // Wait for a second miss: the heartbeat of a releasing holder may arrive just before its response.
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
