import test from "ava";
import fc from "fast-check";
import type { Turn } from "../../../schemas/documents/collections.ts";
import type { QueueAction } from "../../../schemas/documents/session-queue.ts";
import { SessionWorld } from "../../_kit/worlds/session-world.ts";

type Simple = "send" | "deliver" | "step" | "lose" | "own" | "pause" | "resume" | "clear" | "told";

/** One thing that happens; `which` chooses among the processes, requests or messages that there are. */
type Event =
  | {
      kind: "send" | "deliver" | "step" | "lose" | "own" | "pause" | "resume" | "clear" | "told";
      which: number;
    }
  | { kind: "change"; which: number; action: QueueAction }
  | { kind: "kill"; which: number; performed: boolean }
  | { kind: "move"; which: number; cut: boolean };

const which = fc.nat(20);
const simple = (kind: Simple) => fc.record({ kind: fc.constant(kind), which });
const action: fc.Arbitrary<QueueAction> = fc.oneof(
  fc.record({ kind: fc.constant("edit" as const), content: fc.stringMatching(/^edited [a-z]{1,8}$/) }),
  fc.record({ kind: fc.constant("move" as const), position: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant("cancel" as const) }),
);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 20, arbitrary: simple("step") },
  { weight: 10, arbitrary: simple("deliver") },
  { weight: 6, arbitrary: simple("send") },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("change" as const), which, action }) },
  { weight: 1, arbitrary: simple("lose") },
  { weight: 1, arbitrary: simple("own") },
  { weight: 1, arbitrary: simple("pause") },
  { weight: 1, arbitrary: simple("resume") },
  { weight: 1, arbitrary: simple("clear") },
  { weight: 1, arbitrary: simple("told") },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("kill" as const), which, performed: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("move" as const), which, cut: fc.boolean() }) },
);
const seed = process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) };
const restSteps = 20_000;

class Run {
  readonly world = new SessionWorld();
  readonly sent: { seq: number; messageId: string; clientMsgId: string }[] = [];

  async apply(event: Event): Promise<void> {
    const { world } = this;
    const living = world.processes.filter(({ dead }) => !dead);
    const process = living[event.which % Math.max(1, living.length)];
    switch (event.kind) {
      case "send": {
        const clientMsgId = `c${this.sent.length}`;
        world.publish(clientMsgId);
        const seq = world.log.at(-1)?.seq ?? 0;
        this.sent.push({ seq, messageId: `m${seq}`, clientMsgId });
        return;
      }
      case "change": {
        const target = this.sent[this.sent.length - 1 - (event.which % 5)];
        if (target !== undefined) world.change(target.messageId, event.action);
        return;
      }
      case "step":
      case "lose":
        await world.step(event.which, event.kind === "lose");
        return;
      case "own":
        world.own({ kind: "takeover" });
        return;
      case "clear":
        world.end("clear");
        return;
    }
    if (process === undefined) return;
    if (event.kind === "deliver") world.deliver(process);
    else if (event.kind === "pause") process.paused = true;
    else if (event.kind === "resume") process.paused = false;
    else if (event.kind === "told") void process.actor.onExternalChange();
    else if (event.kind === "kill") world.kill(process, event.performed);
    else if (event.kind === "move") {
      const controller = new AbortController();
      if (event.cut) controller.abort();
      void process.actor.quiesce(controller.signal).then(([aborted]) => {
        process.actor.abandon();
        world.own(aborted === undefined ? { kind: "moved" } : { kind: "moved", attempt: aborted.attempt });
      });
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
      const quiet = last.actor.mailbox.size === 0 && last.actor.changes.decided === undefined;
      if (!delivered && !stepped && quiet) return;
    }
    const { mailbox, changes } = last.actor;
    const left = mailbox.messages.map(({ seq, inputSeq, phase }) => `${seq}:${inputSeq} ${phase}`);
    throw new Error(`no rest: ${left.join(", ")}; undecided: ${changes.decided !== undefined}`);
  }
}

/** One line about a turn. */
function described({ _id: { n }, kind, in_seq, run_id, reply, queue, slot }: Turn): string {
  const places = (queue?.slots ?? []).map(
    ({ seq, input_seq, edit_seq, cancelled }) =>
      `${seq}<-${input_seq}${edit_seq ?? ""}${cancelled ? "x" : ""}`,
  );
  const at = slot === undefined ? "" : `at ${slot.seq}<-${slot.input_seq}`;
  return `${n} ${kind} ${in_seq} ${reply?.client_msg_id ?? ""} ${at} [${places}] done ${queue?.done ?? ""} ${run_id}`;
}

/** What is wrong with the turns, seen from the changes that are among them. */
function violations({ world, sent }: Run): string[] {
  const wrong: string[] = [];
  const finished = new Map<string, number>();
  let before: Turn | undefined;
  let cursor = 0;
  for (const turn of world.turns) {
    const { n } = turn._id;
    if (turn.kind === "message") {
      const slot = before?.queue?.slots.find(({ seq }) => seq === turn.in_seq);
      const own = sent.find(({ seq }) => seq === (slot?.input_seq ?? turn.in_seq));
      const id = turn.reply?.client_msg_id ?? "";
      if (id !== own?.clientMsgId) wrong.push(`turn ${n} is ${id}, and ${own?.clientMsgId} was due`);
      if (turn.in_seq <= cursor) wrong.push(`turn ${n} goes back`);
      finished.set(id, (finished.get(id) ?? 0) + 1);
      const edit = slot?.edit_seq === undefined ? undefined : world.changes.get(slot.edit_seq)?.action;
      const expected = edit?.kind === "edit" ? edit.content : `admin: ${id}`;
      const text = turn.messages.find(({ role }) => role === "user")?.content;
      if (slot?.cancelled === true) {
        if (turn.messages.length > 0) wrong.push(`turn ${n} of a cancelled message has messages`);
      } else if (text !== expected) wrong.push(`turn ${n} ran "${text}" in place of "${expected}"`);
    }
    cursor = Math.max(cursor, turn.in_seq);
    before = turn;
  }
  for (const { kind, run_id, _id } of world.turns)
    if (kind === "message" && !world.published.has(run_id)) wrong.push(`no effects of turn ${_id.n}`);
  for (const { clientMsgId } of sent)
    if (finished.get(clientMsgId) !== 1)
      wrong.push(`${clientMsgId} finished ${finished.get(clientMsgId) ?? 0} times`);
  const left = world.log.filter(({ gone }) => !gone).map(({ seq }) => seq);
  if (left.length > 0) wrong.push(`left in the log: ${left.join(" ")}`);
  return wrong;
}

test("edits, moves and cancellations hold over crashes, moves and zombies; each message runs once, as it stands then", async (t) => {
  let applied = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 40, maxLength: 160, size: "max" }), async (events) => {
      const run = new Run();
      run.world.own({ kind: "live" });
      for (const one of events) await run.apply(one);
      await run.rest();
      applied += run.world.turns.filter(({ kind }) => kind === "queue").length;
      const wrong = violations(run);
      if (wrong.length > 0) throw new Error([...wrong, ...run.world.turns.map(described)].join("\n"));
    }),
    { numRuns: Number(process.env.FAULT_ROUNDS ?? 1) * 150, includeErrorInReport: true, ...seed },
  );
  t.true(applied > 50, `${applied} changes were applied`);
});
