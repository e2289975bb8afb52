import test from "ava";
import { nextRun } from "../../../actors/automation/cron.ts";

const runs = (cron: string, zone: string, from: string, count: number) => {
  const times: string[] = [];
  for (let at: number | null = Date.parse(from); times.length < count; ) {
    at = nextRun(cron, zone, at);
    if (at === null) break;
    times.push(new Date(at).toISOString());
  }
  return times;
};

test("a time that the clocks repeat counts once, one that they skip is their next one", (t) => {
  t.deepEqual(runs("30 1 * * *", "America/New_York", "2024-11-02T12:00:00Z", 2), [
    "2024-11-03T05:30:00.000Z",
    "2024-11-04T06:30:00.000Z",
  ]);
  t.deepEqual(runs("30 2 * * *", "Europe/Berlin", "2024-03-30T12:00:00Z", 2), [
    "2024-03-31T01:00:00.000Z",
    "2024-04-01T00:30:00.000Z",
  ]);
});

test("a wall-clock time stays the same over a change of the clocks", (t) => {
  t.deepEqual(runs("0 8 * * *", "Europe/Berlin", "2024-10-26T00:00:00Z", 3), [
    "2024-10-26T06:00:00.000Z",
    "2024-10-27T07:00:00.000Z",
    "2024-10-28T07:00:00.000Z",
  ]);
});

test("the 31st is skipped by shorter months; L is the last day of each", (t) => {
  t.deepEqual(runs("0 0 31 * *", "UTC", "2024-01-15T00:00:00Z", 3), [
    "2024-01-31T00:00:00.000Z",
    "2024-03-31T00:00:00.000Z",
    "2024-05-31T00:00:00.000Z",
  ]);
  t.deepEqual(runs("0 0 L * *", "Asia/Shanghai", "2024-01-15T00:00:00Z", 2), [
    "2024-01-30T16:00:00.000Z",
    "2024-02-28T16:00:00.000Z",
  ]);
});

test("a day that never comes has no run", (t) => {
  t.is(nextRun("0 0 30 2 *", "UTC", Date.parse("2024-01-01T00:00:00Z")), null);
  t.throws(() => nextRun("0 8 * * *", "Mars/Olympus", 0), { message: /unknown timezone: Mars/ });
});
