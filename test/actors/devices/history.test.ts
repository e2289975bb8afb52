import test from "ava";
import { numbersIn, thinned } from "../../../actors/devices/history-values.ts";
import { call } from "../../_kit/clients/rest.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

interface History {
  source: string;
  points: { at: string; value: number; min: number; max: number; count: number }[];
}

test("numbers and on/off values of a device are kept, thinned out, and go with the device", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1 });
  t.teardown(() => system.stop());
  const update = (state: object) => call(system, "POST", "/devices/meter/update", { state });
  for (let n = 1; n <= 10; n++)
    await update({ temp: 20 + n, on: n % 2 === 0, ENERGY: { Power: n }, text: "words" });
  const history = (query: string, user = "admin") =>
    call<History>(system, "GET", `/devices/meter/history?${query}`, undefined, user);
  const temps = (await history("field=temp")).body;
  t.is(temps.source, "raw");
  t.deepEqual(
    temps.points.map(({ value }) => value),
    Array.from({ length: 10 }, (_, index) => 21 + index),
  );
  t.is((await history("field=ENERGY.Power")).body.points.length, 10);
  t.deepEqual([...new Set((await history("field=on")).body.points.map(({ value }) => value))].sort(), [0, 1]);
  t.is((await history("field=text")).body.points.length, 0);
  const from = new Date(Date.now() - 60_000).toISOString();
  const one = (await history(`field=temp&from=${from}&points=1`)).body.points;
  t.like(one[0], { value: 25.5, min: 21, max: 30, count: 10 });
  for (const query of ["", "field=temp&from=yesterday", "field=temp&points=0"])
    t.is((await history(query)).status, 400, query);
  t.is((await history("field=temp", "user_bob")).status, 404);

  // A stop writes the means of the five minutes that are not over.
  for (const actor of system.actors) actor.kill("SIGTERM");
  await Promise.all(system.actors.map((actor) => actor.exit()));
  await Promise.all(system.actors.map((actor) => actor.start()));
  const longAgo = new Date(Date.now() - 30 * 24 * 3600 * 1000).toISOString();
  const means = (await history(`field=temp&from=${longAgo}`)).body;
  t.is(means.source, "means");
  t.is(
    means.points.reduce((sum, { count }) => sum + count, 0),
    10,
  );
  await call(system, "DELETE", "/devices/meter");
  await update({ temp: 1 });
  t.is((await history("field=temp")).body.points.length, 1);
});

test("values are found by their path, and thinned out by what they stand for", (t) => {
  t.deepEqual(numbersIn({ a: 1, b: "ON", c: { d: "2.5", e: ["x"] }, f: null, g: Number.NaN, h: "open" }), [
    ["a", 1],
    ["b", 1],
    ["c.d", 2.5],
    ["h", 1],
  ]);
  const point = (at: number, value: number, count = 1) => ({ at, value, min: value, max: value, count });
  t.deepEqual(thinned([point(0, 1), point(1, 4, 2), point(9, 7)], 0, 10, 2), [
    { at: 0, value: 3, min: 1, max: 4, count: 3 },
    { at: 5, value: 7, min: 7, max: 7, count: 1 },
  ]);
});
