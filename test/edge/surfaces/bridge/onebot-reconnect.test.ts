import test from "ava";
import { Onebot, textOf } from "../../../_kit/clients/onebot.ts";
import { type System, startSystem } from "../../../_kit/worlds/system.ts";

const secret = "secret-of-the-tests";
let system: System;

// A reply takes half a second: time enough to cut either side while it is made.
const env = { ONEBOT_ACCESS_TOKEN: secret, OPENAI_MODEL: "context:10x50" };

test.before(async () => {
  system = await startSystem({ edges: 2, actors: 1, env });
});
test.after.always(() => system?.stop());

function url(edge: number): string {
  return `${system.url(edge).replace("http", "ws")}/onebot/v11/ws`;
}

async function connected(t: Parameters<typeof Onebot.start>[0], self: string, edge = 0): Promise<Onebot> {
  const bot = Onebot.start(t, { url: url(edge), self, token: secret });
  await bot.told("open");
  return bot;
}

/** Waits until the turn of a user's message is committed. */
async function answered(t: { log(text: string): void }, self: string, user: number): Promise<void> {
  const path = `/api/v1/sessions/qq_${self}_private_${user}/messages`;
  for (;;) {
    const response = await system.request("GET", path, `ext_qq_${user}`);
    const { messages = [] } = (await response.json()) as { messages?: { role: string }[] };
    if (messages.some(({ role }) => role === "assistant")) return t.log("answered");
  }
}

test.serial("a reply that was made while QQ was away comes when it is back, once", async (t) => {
  const bot = await connected(t, "2001");
  bot.say(1, "are you there");
  bot.set({ connect: false });
  bot.cut();
  await bot.told("close");
  await answered(t, "2001", 1);
  t.is(bot.calls.length, 0);
  bot.set({ connect: true });
  bot.dial();
  await bot.told("open", 2);
  await bot.until(() => bot.calls.length > 0, "the reply");
  bot.say(1, "/version");
  await bot.reply("Parley");
  t.is(bot.calls.length, 2);
});

test.serial("a client that dials in at another edge gets its replies there", async (t) => {
  const first = await connected(t, "2002", 0);
  first.say(2, "@context:10x250 here or there");
  first.set({ connect: false });
  const second = await connected(t, "2002", 1);
  await first.told("close");
  await second.until(() => second.calls.length > 0, "the reply");
  t.is(first.calls.length, 0);
});

test.serial("an edge that is killed loses no reply and sends none twice", async (t) => {
  const bot = await connected(t, "2003", 0);
  bot.say(3, "@context:10x250 survive this");
  // The answer to what came after it tells that the message is stored.
  bot.say(3, "/version");
  await bot.reply("Parley");
  await system.edge(0).destroy();
  await bot.told("close");
  await answered(t, "2003", 3);
  await system.edge(0).start();
  bot.dial(url(0));
  await bot.told("open", 2);
  await bot.until(() => bot.calls.length === 2, "the reply");
  bot.say(3, "/status");
  await bot.reply("运行时间");
  t.is(bot.calls.length, 3);
});

test.serial("a reply that was written and never confirmed is not sent again", async (t) => {
  const bot = await connected(t, "2004", 0);
  bot.set({ answers: false });
  bot.say(4, "/version");
  await bot.reply("Parley");
  bot.cut();
  bot.set({ answers: true });
  await bot.told("open", 2);
  bot.say(4, "/status");
  await bot.reply("运行时间");
  t.is(bot.calls.filter((call) => textOf(call).includes("Parley")).length, 1);
  await system
    .edge(0)
    .logged((line) => line.text.includes("reply not delivered"), 5_000, "the unknown reply");
});
