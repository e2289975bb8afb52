import test from "ava";
import { type Turn, turnKey } from "../../schemas/documents/collections.ts";
import type { Frame } from "../_kit/clients/chain.ts";
import { check } from "../_kit/judge/checker.ts";
import { type Sample, sampleHistory, seen } from "../_kit/judge/sample-history.ts";

/** The rules that a history breaks after `change`. */
function broken(change: (sample: Sample) => void): string[] {
  const sample = sampleHistory();
  change(sample);
  return [...new Set(check(sample).map(({ rule }) => rule))].sort();
}

function turn(sample: Sample, index: number): Turn {
  const found = sample.turns[index];
  if (found === undefined) throw new RangeError(`no turn ${index}`);
  return found;
}

/** A clear or delete of session `a` after its turns. */
function ending(kind: "clear" | "delete", n: number, in_seq: number, seen_seq: number): Turn {
  return {
    _id: turnKey("admin", "a", n),
    kind,
    in_seq,
    seen_seq,
    run_id: `run-${kind}`,
    attempt: 1,
    first_id: n * 2 + 1,
    messages: [],
    at: new Date(1_700_000_000_500),
  };
}

function rewrite(sample: Sample, change: (frames: Frame[]) => Frame[]): void {
  const frames = (sample.clients[1]?.frames ?? []).map(({ frame }) => ({ ...frame }));
  sample.clients[1] = seen("two", change(frames));
}

test("a history that keeps every promise has no violation", (t) => {
  t.deepEqual(check(sampleHistory()), []);
});

const cases: [string, string, (sample: Sample) => void][] = [
  [
    "a message that was committed twice",
    "exactly-once",
    (sample) =>
      void sample.turns.push({ ...turn(sample, 0), _id: turnKey("admin", "a", 3), in_seq: 40, first_id: 7 }),
  ],
  ["an accepted message without a turn", "exactly-once", (sample) => void sample.turns.pop()],
  ["a turn that nobody sent", "exactly-once", (sample) => void sample.sends.pop()],
  [
    "a refused message that ran",
    "refused-ran",
    (sample) => {
      for (const send of sample.sends) send.outcome = "session_queue_full";
    },
  ],
  [
    "turns out of the order of the log",
    "order",
    (sample) => {
      turn(sample, 1).in_seq = 5;
    },
  ],
  [
    "turns out of the order of sending",
    "order",
    (sample) => {
      sample.sends.forEach((send, index) => {
        send.index = -index;
      });
    },
  ],
  [
    "a gap in n",
    "dense-n",
    (sample) => {
      turn(sample, 2)._id.n = 7;
    },
  ],
  [
    "a session that begins late",
    "dense-n",
    (sample) => {
      for (const index of [0, 1, 2]) turn(sample, index)._id.n += 5;
    },
  ],
  [
    "a gap in the message ids",
    "dense-ids",
    (sample) => {
      turn(sample, 1).first_id = 9;
    },
  ],
  [
    "a reply made on an older transcript",
    "context",
    (sample) => {
      const question = turn(sample, 1).messages[0];
      if (question) question.content = "admin: another";
    },
  ],
  [
    "an unfinished message in the log",
    "log-left",
    (sample) => void sample.log.push({ user: "admin", session: "a", seq: 31 }),
  ],
  [
    "a failed turn that nobody expected",
    "failed",
    (sample) => {
      turn(sample, 0).finish_reason = "failed";
    },
  ],
  [
    "a history that hides a committed turn",
    "transcript",
    (sample) => void sample.transcripts.get("admin.a")?.pop(),
  ],
  [
    "a frame that is missing from the chain",
    "chain",
    (sample) => rewrite(sample, (frames) => frames.filter((_, index) => index !== 3)),
  ],
  [
    "a frame that came twice",
    "chain",
    (sample) =>
      rewrite(sample, (frames) => frames.flatMap((frame, index) => (index === 3 ? [frame, frame] : [frame]))),
  ],
  [
    "a recovery that nobody asked for",
    "chain",
    (sample) =>
      rewrite(sample, (frames) =>
        frames.map((frame, index) => (index === 0 ? ({ ...frame, recovered: true } as Frame) : frame)),
      ),
  ],
  [
    "a reply that ended twice",
    "final",
    (sample) => rewrite(sample, (frames) => [...frames, ...frames.slice(-1)]),
  ],
  ["a final frame of a turn that is not committed", "final", (sample) => void sample.turns.pop()],
  [
    "a final frame with another text",
    "final-text",
    (sample) =>
      rewrite(sample, (frames) =>
        frames.map((frame) => (frame.type === "stream_end" ? { ...frame, text: `${frame.text}!` } : frame)),
      ),
  ],
  [
    "chunks of two runs in one reply",
    "chunks",
    (sample) =>
      rewrite(sample, (frames) =>
        frames.flatMap((frame): Frame[] => (frame.type === "stream_chunk" ? [frame, frame] : [frame])),
      ),
  ],
  [
    "a client that never saw a reply",
    "view",
    (sample) => rewrite(sample, (frames) => frames.filter(({ type }) => type !== "stream_end")),
  ],
  [
    "a client that shows what was never committed",
    "view",
    (sample) => {
      sample.turns.pop();
      sample.sends.pop();
    },
  ],
  [
    "another user's words",
    "isolation",
    (sample) => {
      const [send] = sample.sends;
      if (send) sample.sends.push({ ...send, user: "eve", outcome: undefined });
      rewrite(sample, (frames) =>
        frames.map((frame) =>
          frame.type === "stream_chunk" ? { ...frame, content: "eve: a secret" } : frame,
        ),
      );
    },
  ],
  [
    "a turn that was queued before a delete and ran after it",
    "after-delete",
    (sample) => {
      const late = turn(sample, 2);
      late._id.n = 3;
      sample.turns.push(ending("delete", 2, 30, 30));
    },
  ],
  [
    "content that a clear left behind",
    "blanked",
    (sample) => void sample.turns.push(ending("clear", 3, 30, 30)),
  ],
];

for (const [title, rule, change] of cases) {
  test(`the checker sees ${title}`, (t) => {
    const rules = broken(change);
    t.true(rules.includes(rule), `saw ${rules.join(", ") || "nothing"}`);
  });
}

/** Erases the content of the first `count` turns of session `a`, as a clear does. */
function blank(sample: Sample, count: number): void {
  for (const index of Array.from({ length: count }, (_, at) => at)) {
    const erased = turn(sample, index);
    erased.blanked = true;
    erased.messages = [];
  }
}

test("a clear that hides and erases is no violation", (t) => {
  t.deepEqual(
    broken((sample) => {
      blank(sample, 3);
      sample.turns.push(ending("clear", 3, 30, 30));
      sample.transcripts.set("admin.a", []);
    }),
    [],
  );
});

test("a reply that was under way when a clear came is no violation, one that began after it is", (t) => {
  const cleared = (seenSeq: number) => (sample: Sample) => {
    const last = turn(sample, 2);
    last._id.n = 3;
    blank(sample, 2);
    sample.turns.push(ending("clear", 2, 20, seenSeq));
    last.first_id = 5;
    sample.transcripts.set(
      "admin.a",
      last.messages.map((message) => ({ ...message, session_id: "a" })),
    );
  };
  t.deepEqual(broken(cleared(30)), []);
  t.deepEqual(broken(cleared(29)), ["context"]);
});

test("an accepted message that a delete met in the queue needs no turn", (t) => {
  t.deepEqual(
    broken((sample) => {
      blank(sample, 2);
      sample.turns.splice(2, 1, ending("delete", 2, 30, 30));
      sample.controls.push({
        kind: "delete",
        user: "admin",
        session: "a",
        sentAt: 1_700_000_000_100,
        doneAt: 1_700_000_000_200,
      });
      sample.transcripts.set("admin.a", []);
      for (const index of [0, 1]) {
        refuse(sample, index);
      }
    }),
    [],
  );
});

/** Takes the final frame of message `a2` from a client: it was answered as not found. */
function refuse(sample: Sample, index: number): void {
  const client = sample.clients[index];
  const frames = (client?.frames ?? []).map(({ frame }) => frame);
  const chained: Frame[] = [];
  for (const frame of frames) {
    if ("message_id" in frame && frame.message_id === "r-a2") continue;
    const last = chained.at(-1);
    const prev = last !== undefined && "seq" in last ? last.seq : 0;
    chained.push(frame.type === "connected" ? frame : ({ ...frame, prev } as Frame));
  }
  sample.clients[index] = seen(client?.name ?? "", chained);
}
