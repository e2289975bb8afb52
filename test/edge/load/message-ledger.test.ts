import test from "ava";
import { MessageLedger } from "../../../edge/load/message-ledger.ts";

function sent(ledger: MessageLedger, ...ids: string[]) {
  for (const [index, clientMsgId] of ids.entries()) {
    const message = ledger.add({ clientMsgId, session: "s", intendedAt: 0, counted: true });
    ledger.accepted(message, index + 1);
  }
}

test("messages that are answered once and in order keep every promise", (t) => {
  const ledger = new MessageLedger();
  sent(ledger, "a", "b");
  t.true(ledger.ended("a", "m1"));
  t.false(ledger.ended("a", "m1"), "a repeated end of the same reply is no second reply");
  t.true(ledger.ended("b", "m2"));
  ledger.compare(["a", "b"]);
  t.deepEqual(ledger.verdict(), { accepted: 2, answered: 2, lost: 0, doubled: 0, outOfOrder: 0, gaps: 0 });
});

test("an accepted message without a reply is lost, unless history has its reply", (t) => {
  const ledger = new MessageLedger();
  sent(ledger, "a", "b");
  ledger.compare(["b"]);
  t.like(ledger.verdict(), { accepted: 2, answered: 1, lost: 1 });
});

test("two replies, or two entries in history, are doubled", (t) => {
  const ledger = new MessageLedger();
  sent(ledger, "a", "b");
  ledger.ended("a", "m1");
  ledger.ended("a", "m9");
  ledger.compare(["a", "b", "b"]);
  t.is(ledger.verdict().doubled, 2);
});

test("a reply that overtakes an earlier message of its session is out of order", (t) => {
  const ledger = new MessageLedger();
  sent(ledger, "a", "b");
  ledger.ended("b", "m2");
  ledger.ended("a", "m1");
  t.is(ledger.verdict().outOfOrder, 1);
});

test("a message that was refused is neither accepted nor lost", (t) => {
  const ledger = new MessageLedger();
  const message = ledger.add({ clientMsgId: "a", session: "s", intendedAt: 0, counted: true });
  message.failed = true;
  t.deepEqual(ledger.open, []);
  t.like(ledger.verdict(), { accepted: 0, lost: 0 });
});
