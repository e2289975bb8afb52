import test from "ava";
import {
  instantOf,
  localTime,
  nextRepetition,
  parseInstant,
  parseTime,
} from "../../../actors/time/zoned-time.ts";

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
const local = (text: string) => localTime(parseInstant(`${text}Z`, "UTC") ?? 0, "UTC");

test("times with an offset are instants, others are wall-clock times of the zone", (t) => {
  t.is(iso(parseInstant("2024-01-01T15:00:00Z", "Asia/Shanghai")), "2024-01-01T15:00:00.000Z");
  t.is(iso(parseInstant("2024-01-01T15:00:00+08:00", "UTC")), "2024-01-01T07:00:00.000Z");
  t.is(iso(parseInstant("2024-01-01T15:00:00.25-0330", "UTC")), "2024-01-01T18:30:00.250Z");
  t.is(iso(parseInstant("2024-01-01T15:00:00", "Asia/Shanghai")), "2024-01-01T07:00:00.000Z");
  t.is(iso(parseInstant("2024-01-01 15:00", "America/New_York")), "2024-01-01T20:00:00.000Z");
});

test("what is no time is refused", (t) => {
  for (const text of [
    "",
    "tomorrow",
    "2024-02-30T10:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-01-01T24:01:00Z",
    "1704121200",
  ])
    t.is(parseInstant(text, "UTC"), null, text);
});

test("a time that the clocks skip is as much later, one that they repeat is the first", (t) => {
  t.is(iso(instantOf(local("2024-03-10T02:30:00"), "America/New_York")), "2024-03-10T07:30:00.000Z");
  t.is(iso(instantOf(local("2024-11-03T01:30:00"), "America/New_York")), "2024-11-03T05:30:00.000Z");
});

test("a daily repetition keeps its wall-clock time over a change of the clocks", (t) => {
  const anchor = local("2024-03-08T08:00:00");
  const zone = "America/New_York";
  const after = (text: string) => Date.parse(text);
  t.is(iso(nextRepetition(anchor, zone, "daily", after("2024-03-09T13:00:00Z"))), "2024-03-10T12:00:00.000Z");
  t.is(iso(nextRepetition(anchor, zone, "daily", after("2024-03-10T12:00:00Z"))), "2024-03-11T12:00:00.000Z");
  t.is(
    iso(nextRepetition(anchor, zone, "weekly", after("2024-03-08T13:00:00Z"))),
    "2024-03-15T12:00:00.000Z",
  );
});

test("a monthly repetition of the 31st falls on the last day of each month", (t) => {
  const anchor = local("2024-01-31T09:00:00");
  const dates: string[] = [];
  let at = Date.parse("2024-01-31T09:00:00Z");
  for (let count = 0; count < 5; count++) {
    at = nextRepetition(anchor, "UTC", "monthly", at);
    dates.push(new Date(at).toISOString().slice(0, 10));
  }
  t.deepEqual(dates, ["2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30"]);
});

test("what was missed is skipped: the next one lies after now", (t) => {
  const anchor = local("2020-01-31T09:00:00");
  t.is(
    iso(nextRepetition(anchor, "UTC", "daily", Date.parse("2024-06-15T10:00:00Z"))),
    "2024-06-16T09:00:00.000Z",
  );
  t.is(
    iso(nextRepetition(anchor, "UTC", "monthly", Date.parse("2025-02-28T10:00:00Z"))),
    "2025-03-31T09:00:00.000Z",
  );
});

test("common ISO forms are read; offsets, dates and years that no clock has are not", (t) => {
  const utc = Date.UTC(2027, 5, 1, 10);
  for (const text of [
    "2027-06-01T15:00:00+05",
    "2027-06-01T15:00:00+05:00",
    "2027-06-01T15:00:00+0500",
    "2027-06-01t10:00:00z",
    "2027-06-01 10:00Z",
  ])
    t.is(parseInstant(text, "UTC"), utc, text);
  for (const text of [
    "2027-01-01T15:00:00+99:99",
    "2027-01-01T15:00:00+14:30",
    "2027-01-01T15:00:00+05:60",
    "9999-12-31T23:59:59Z",
    "2262-04-12T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "2027-02-29",
    "2027-06-01T24:00:00Z",
  ])
    t.is(parseInstant(text, "UTC"), null, text);
});

test("a repetition keeps the wall clock that was asked for, also where its first day skips it", (t) => {
  const first = parseTime("2024-03-31T02:30", "Europe/Paris");
  if (first === null) return t.fail();
  t.is(new Date(first.at).toISOString(), "2024-03-31T01:30:00.000Z");
  t.like(first.wall, { hour: 2, minute: 30 });
  const second = nextRepetition(first.wall, "Europe/Paris", "daily", first.at);
  t.is(new Date(second).toISOString(), "2024-04-01T00:30:00.000Z");
});
