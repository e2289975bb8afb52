import test from "ava";
import { call } from "../../_kit/clients/rest.ts";
import { lasting } from "../../_kit/judge/waiting.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("reminders that came due while everything was down fire once when it is back", async (t) => {
  const system = await startSystem({ edges: 1, actors: 2 });
  t.teardown(() => system.stop());
  const at = Date.now() + 2_000;
  const titles = Array.from({ length: 40 }, (_, index) => `due ${index}`);
  for (const [index, title] of titles.entries()) {
    const made = await call(system, "POST", "/reminders", {
      title,
      remind_at: new Date(at + index).toISOString(),
      repeat_type: index % 2 === 0 ? "none" : "daily",
    });
    t.is(made.status, 201);
  }
  for (const actor of system.actors) actor.kill("SIGKILL");
  await Promise.all(system.actors.map((actor) => actor.exit()));
  await system.engines.nats.kill("SIGKILL");
  await lasting(Math.max(0, at + 500 - Date.now()));
  await system.engines.nats.restart();
  await Promise.all(system.actors.map((actor) => actor.start()));
  const client = await system.client("phone");
  const seen = () =>
    client.frames.flatMap(({ frame }) => (frame.type === "notification" ? [frame.notification.title] : []));
  // What a killed process had taken and not finished comes again after the consumer's 30 s.
  await client.until(() => titles.every((title) => seen().includes(title)), "all reminders", 60_000);
  // One more, made now, comes after whatever might come twice.
  await call(system, "POST", "/reminders", {
    title: "last",
    remind_at: new Date(Date.now() + 1_000).toISOString(),
  });
  await client.until(() => seen().includes("last"), "the last one");
  t.deepEqual(seen().toSorted(), [...titles, "last"].toSorted());
});
