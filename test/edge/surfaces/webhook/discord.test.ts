import test from "ava";
import { messageParts } from "../../../../edge/surfaces/message-parts.ts";
import { FakeDiscord } from "../../../_kit/fakes/discord.ts";
import { Api } from "../../../_kit/worlds/api.ts";

const key = "a key of the tests";

test("Discord: signed interactions only, PING, a quick answer, a deferred one, and long replies in parts", async (t) => {
  const discord = await FakeDiscord.start(t);
  const api = await Api.start({
    env: {
      WEBHOOK_KEY: key,
      DISCORD_PUBLIC_KEY: discord.publicKey,
      DISCORD_API_URL: discord.url,
      OPENAI_MODEL: "slow:3x5",
      // Long enough for a quick reply on a busy machine.
      LIMIT_DISCORD_DEFER_MS: "4000",
    },
  });
  t.teardown(() => api.stop());
  const url = `${api.system.url()}/webhook/discord`;
  const send = (interaction: object) => discord.send(url, interaction);

  t.deepEqual(await send({ type: 1 }), { status: 200, body: { type: 1 } });
  t.deepEqual(await discord.send(`${api.system.url()}/api/v1/webhook/discord`, { type: 1 }), {
    status: 200,
    body: { type: 1 },
  });
  const tampered = await discord.send(url, { type: 1 }, (body) => body.replace("1", "2"));
  t.is(tampered.status, 401);
  const unsigned = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"type":1}',
  });
  t.is(unsigned.status, 401);
  const keyed = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-webhook-key": key },
    body: '{"type":1}',
  });
  t.is(keyed.status, 200);

  const quick = await send(discord.chat("hello discord", "quick"));
  t.is(quick.status, 200, JSON.stringify(quick));
  t.like(quick.body, { type: 4, data: { content: "hello discord" } });
  const repeated = await send(discord.chat("hello discord", "quick"));
  t.like(
    repeated.body,
    { type: 4, data: { content: "hello discord" } },
    "a repeated interaction is one message",
  );
  const path = "/api/v1/sessions/discord_99/messages?user_id=ext_discord_7";
  t.is(((await api.call("GET", path, { user: "admin" })).body.messages as unknown[]).length, 2);

  t.like((await send(discord.chat(""))).body, { type: 4, data: { content: "消息不能为空" } });
  t.like((await send({ type: 2, data: { name: "dance" } })).body, { type: 4 });
  t.is((await send({ type: 3 })).status, 400);
  const failing = await send(discord.chat("@500 please", "failing", "98"));
  t.regex(failing.body.data?.content ?? "", /^AI 服务暂不可用/);
  t.is(discord.calls.length, 0);

  // Refused twice before it is taken.
  discord.refusals.push(429, 500);
  const text = "a long sentence. ".repeat(250).trim();
  const deferred = await send(discord.chat(`@slow:60x100 ${text}`));
  t.deepEqual(deferred.body, { type: 5 });
  await discord.called(3);
  const [first, ...rest] = discord.calls;
  t.like(first, { method: "PATCH" });
  t.regex(first?.path ?? "", /^\/api\/v10\/webhooks\/4711\/token-\w+\/messages\/@original$/);
  t.true(rest.every(({ method, path: at }) => method === "POST" && /\/webhooks\/4711\/token-\w+$/.test(at)));
  t.is(discord.calls.map(({ content }) => content).join(""), `@slow:60x100 ${text}`);
  t.true(discord.calls.every(({ content }) => content.length <= 2_000));

  // An edge that stops does not leave a deferred answer open.
  t.deepEqual((await send(discord.chat("@hang for ever", "last"))).body, { type: 5 });
  api.system.edge(0).kill("SIGTERM");
  t.is(await api.system.edge(0).exit(), 0);
  t.like(discord.calls.at(-1), {
    method: "PATCH",
    path: "/api/v10/webhooks/4711/token-last/messages/@original",
  });
  t.regex(discord.calls.at(-1)?.content ?? "", /重启/);
});

test("parts keep every character whole and lose none", (t) => {
  t.deepEqual(messageParts("", 10), [""]);
  t.deepEqual(messageParts("one two three", 8), ["one two ", "three"]);
  const emoji = "😀".repeat(50);
  for (const chars of [7, 8, 2]) {
    const parts = messageParts(emoji, chars);
    t.is(parts.join(""), emoji);
    t.true(parts.every((part) => part.length <= chars && !/\p{Surrogate}/u.test(part)));
  }
});
