import anyTest, { type TestFn } from "ava";
import { startAccount } from "../../../actors/account/main.ts";
import { login } from "../../../schemas/routes/auth.ts";
import { actorContext, askRoute } from "../../_kit/worlds/actor.ts";
import { startEngines, type TestEngines } from "../../_kit/worlds/engines.ts";

const test = anyTest as TestFn<TestEngines>;
const wrong = { username: "nobody", password: "x" };

test.before(async (t) => {
  t.context = await startEngines();
});
test.after.always((t) => t.context.stop());

test.serial("five a minute and address, over all processes at once", async (t) => {
  const actors = await Promise.all([1, 2].map(() => actorContext(t, t.context)));
  await Promise.all(actors.map(startAccount));
  const [{ nc }] = actors as [(typeof actors)[0]];
  const ask = (ip: string) => askRoute(nc, login, { ip, body: wrong });
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask("198.51.100.7")));
  t.is(answers.filter(({ status }) => status === 401).length, 5);
  const limited = answers.filter(({ status }) => status === 429);
  t.is(limited.length, 15);
  for (const { body, headers } of limited) {
    t.like(body, { errorType: "rate_limited" });
    const seconds = Number(headers?.["retry-after"]);
    t.true(seconds > 50 && seconds <= 60, String(seconds));
  }
  t.is((await ask("198.51.100.8")).status, 401);
  // The right password does not help either.
  const right = { username: "admin", password: "correct horse" };
  t.is((await askRoute(nc, login, { ip: "198.51.100.7", body: right })).status, 429);
});

test.serial("attempts are remembered over a restart of the process and of NATS", async (t) => {
  const ip = "203.0.113.9";
  const first = await actorContext(t, t.context, { AUTH_RATE_LIMIT: "2" });
  await startAccount(first);
  for (const status of [401, 401, 429])
    t.is((await askRoute(first.nc, login, { ip, body: wrong })).status, status);
  await first.nc.close();
  await t.context.nats.kill("SIGKILL");
  await t.context.nats.restart();
  const second = await actorContext(t, t.context, { AUTH_RATE_LIMIT: "2" });
  await startAccount(second);
  t.is((await askRoute(second.nc, login, { ip, body: wrong })).status, 429);
});
