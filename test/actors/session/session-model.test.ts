import test from "ava";
import fc from "fast-check";
import { check, describe } from "../../_kit/judge/checker.ts";
import type { Control, History, Send } from "../../_kit/judge/history.ts";
import { SessionWorld } from "../../_kit/worlds/session-world.ts";

/** One thing that happens; `which` chooses among the processes or requests that there are. */
type Event =
  | {
      kind: "send" | "deliver" | "step" | "lose" | "own" | "pause" | "resume" | "clear" | "delete" | "told";
      which: number;
    }
  | { kind: "repeat"; which: number }
  | { kind: "kill"; which: number; performed: boolean }
  | { kind: "move"; which: number; cut: boolean };

const which = fc.nat(20);
const simple = (kind: Exclude<Event["kind"], "kill" | "move">) =>
  fc.record({ kind: fc.constant(kind), which });
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 24, arbitrary: simple("step") },
  { weight: 8, arbitrary: simple("deliver") },
  { weight: 4, arbitrary: simple("send") },
  { weight: 1, arbitrary: simple("repeat") },
  { weight: 1, arbitrary: simple("lose") },
  { weight: 1, arbitrary: simple("own") },
  { weight: 1, arbitrary: simple("pause") },
  { weight: 1, arbitrary: simple("resume") },
  { weight: 1, arbitrary: simple("clear") },
  { weight: 1, arbitrary: simple("delete") },
  { weight: 1, arbitrary: simple("told") },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("kill" as const), which, performed: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("move" as const), which, cut: fc.boolean() }) },
);

const restSteps = 20_000;

/** Its first owner commits a turn and dies before it tells of it; while a second one runs it again, it is deleted. */
const committedThenDeleted: Event[] = [
  { kind: "send", which: 0 },
  { kind: "own", which: 0 },
  { kind: "deliver", which: 9 },
  { kind: "step", which: 0 },
  { kind: "step", which: 0 },
  { kind: "repeat", which: 0 },
  { kind: "deliver", which: 0 },
  { kind: "deliver", which: 0 },
  { kind: "step", which: 1 },
  { kind: "step", which: 8 },
  { kind: "kill", which: 0, performed: true },
  { kind: "told", which: 0 },
  { kind: "delete", which: 0 },
  { kind: "deliver", which: 0 },
  { kind: "step", which: 3 },
  { kind: "step", which: 0 },
  { kind: "step", which: 0 },
  { kind: "step", which: 0 },
  { kind: "step", which: 0 },
];

/** The world, what was sent into it, and when: the clock counts events. */
class Run {
  readonly world = new SessionWorld();
  readonly sends: Send[] = [];
  readonly controls: Control[] = [];
  #clock = 0;

  async apply(event: Event): Promise<void> {
    this.#clock++;
    const { world } = this;
    const living = world.processes.filter(({ dead }) => !dead);
    const process = living[event.which % Math.max(1, living.length)];
    if (event.kind === "send") this.#send(`c${this.sends.length}`);
    else if (event.kind === "repeat") {
      const earlier = this.sends[event.which % Math.max(1, this.sends.length)];
      if (earlier === undefined) return;
      earlier.transmissions++;
      world.publish(earlier.client_msg_id);
    } else if (event.kind === "step") await world.step(event.which);
    else if (event.kind === "lose") await world.step(event.which, true);
    else if (event.kind === "own") world.own({ kind: "takeover" });
    else if (event.kind === "clear" || event.kind === "delete") this.#end(event.kind);
    else if (process !== undefined) {
      if (event.kind === "deliver") world.deliver(process);
      else if (event.kind === "pause") process.paused = true;
      else if (event.kind === "resume") process.paused = false;
      else if (event.kind === "told") void process.actor.onExternalChange();
      else if (event.kind === "kill") world.kill(process, event.performed);
      else if (event.kind === "move") this.#move(process.actor, event.cut);
    }
  }

  /** Everything that stood still goes on, one more owner comes, and all requests are answered. */
  async rest(): Promise<void> {
    const { world } = this;
    for (const process of world.processes) process.paused = false;
    const last = world.own({ kind: "takeover" });
    for (let count = 0; count < restSteps; count++) {
      const delivered = world.processes.filter((process) => world.deliver(process)).length > 0;
      const stepped = await world.step(count);
      if (!delivered && !stepped && last.actor.mailbox.size === 0) return;
    }
    throw new Error(`no rest after ${restSteps} requests`);
  }

  history(): History {
    const { world, sends, controls } = this;
    const left = world.log.filter(({ gone }) => !gone);
    return {
      seed: 0,
      sends,
      controls,
      clients: [],
      turns: world.turns,
      log: left.map(({ seq }) => ({ user: "admin", session: "s", seq })),
      transcripts: new Map(),
      contextual: true,
      mayFail: () => true,
    };
  }

  #send(client_msg_id: string): void {
    const of = {
      client: "one",
      user: "admin",
      session: "s",
      client_msg_id,
      content: `admin: ${client_msg_id}`,
    };
    this.sends.push({
      ...of,
      index: this.sends.length,
      sentAt: this.#clock,
      transmissions: 1,
      outcome: "accepted",
    });
    this.world.publish(client_msg_id);
  }

  #end(kind: "clear" | "delete"): void {
    this.world.end(kind);
    this.controls.push({
      kind,
      user: "admin",
      session: "s",
      sentAt: this.#clock,
      doneAt: this.#clock,
      status: 200,
    });
  }

  /** A planned move: the next owner begins when the old one has let go. */
  #move(
    actor: { quiesce(cut: AbortSignal): Promise<{ attempt: number }[]>; abandon(): void },
    cut: boolean,
  ): void {
    const controller = new AbortController();
    if (cut) controller.abort();
    void actor.quiesce(controller.signal).then(([aborted]) => {
      actor.abandon();
      this.world.own(aborted === undefined ? { kind: "moved" } : { kind: "moved", attempt: aborted.attempt });
    });
  }
}

test("deliver, replay, drop, crash, two owners and zombies in any order break no promise", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 40, maxLength: 200, size: "max" }), async (events) => {
      const run = new Run();
      run.world.own({ kind: "live" });
      for (const one of events) await run.apply(one);
      await run.rest();
      // Nobody erases in this world.
      const violations = check(run.history()).filter(({ rule }) => rule !== "blanked");
      if (violations.length > 0) throw new Error(describe(violations, 0));
      if (run.world.lost.length > 0)
        throw new Error(`left the log without effects: ${run.world.lost.join(" ")}`);
    }),
    {
      numRuns: Number(process.env.FAULT_ROUNDS ?? 1) * 600,
      includeErrorInReport: true,
      ...(process.env.SEED !== undefined && { seed: Number(process.env.SEED) }),
      examples: [[committedThenDeleted]],
    },
  );
  t.pass();
});
