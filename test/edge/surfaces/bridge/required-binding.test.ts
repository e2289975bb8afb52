import test from "ava";
import type { BridgeAnswer } from "../../../../schemas/documents/bridge.ts";
import { subjects } from "../../../../schemas/messages/subjects.ts";
import { Onebot, textOf } from "../../../_kit/clients/onebot.ts";
import { startEdgeWorld } from "../../../_kit/worlds/edge-world.ts";

test("where a binding is required, who has none is told how to get one, and nothing of him runs", async (t) => {
  const { edge, actor, stop } = await startEdgeWorld({
    ONEBOT_ACCESS_TOKEN: "secret",
    QQ_REQUIRE_BIND: "true",
  });
  t.teardown(stop);
  let user: string | null = null;
  actor.nc.subscribe(subjects.bridgeAsk, {
    callback: (_, msg) => void msg.respond(JSON.stringify({ user } satisfies BridgeAnswer)),
  });
  const url = `${edge.url.replace("http", "ws")}/onebot/v11/ws`;
  const bot = Onebot.start(t, { url, self: "2001", token: "secret" });
  await bot.told("open");
  bot.say(21, "not bound");
  t.regex(textOf(await bot.reply("请先绑定账号")), /\/bind \[token\]/);
  user = "owner";
  bot.say(21, "/bind bind-code");
  await bot.reply("绑定成功，当前账号: owner");
  bot.say(21, "bound");
  const input = await actor.input("bound");
  t.like(input, { user: "owner", session: "qq_2001_private_21" });
  t.deepEqual(
    actor.inputs.map(({ content }) => content),
    ["bound"],
  );
});
