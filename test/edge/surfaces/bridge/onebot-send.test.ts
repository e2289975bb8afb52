import test from "ava";
import { Onebot, textOf } from "../../../_kit/clients/onebot.ts";
import { type System, startSystem } from "../../../_kit/worlds/system.ts";

const token = "token-of-the-tests";
let system: System;

test.before(async () => {
  system = await startSystem({
    edges: 1,
    actors: 1,
    env: { ONEBOT_ACCESS_TOKEN: token, OPENAI_MODEL: "slow:1x1" },
  });
});
test.after.always(() => system?.stop());

async function connected(t: Parameters<typeof Onebot.start>[0], self: string): Promise<Onebot> {
  const url = `${system.url().replace("http", "ws")}/onebot/v11/ws`;
  const bot = Onebot.start(t, { url, self, token });
  await bot.told("open");
  return bot;
}
const sends = (bot: Onebot, part: string) => bot.calls.filter((call) => textOf(call).includes(part)).length;

for (const [index, refusal] of [
  { retcode: 1200, wording: "Timeout: NTEvent serviceAndMethod:sendMsg" },
  { retcode: "1200", wording: "" },
  { retcode: 1, wording: "send timeout" },
].entries()) {
  test(`a send with an unknown outcome (${refusal.retcode} ${refusal.wording}) is made once`, async (t) => {
    const bot = await connected(t, `310${index}`);
    bot.set({ fail: 1, refusal });
    bot.say(1, "perhaps it came");
    await bot.reply("perhaps it came");
    bot.say(1, "the next one");
    await bot.reply("the next one");
    t.is(sends(bot, "perhaps it came"), 1);
  });
}

test("a send that is refused is made again once, without the quotation, and holds up nobody", async (t) => {
  const bot = await connected(t, "3201");
  bot.set({ fail: 2, refusal: { retcode: 1404, wording: "no such user" } });
  bot.say(1, "refused");
  await bot.until(() => sends(bot, "refused") === 2, "two tries");
  bot.say(2, "another chat");
  await bot.reply("another chat");
  bot.say(1, "same chat");
  await bot.reply("same chat");
  t.is(sends(bot, "refused"), 2);
});
