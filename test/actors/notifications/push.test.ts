import test from "ava";
import { call } from "../../_kit/clients/rest.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

interface Pushed {
  success: boolean;
  notification: {
    id: string;
    type: string;
    title: string;
    user_id: string;
    timestamp: string;
    delivered: boolean;
  };
}

test("a notification reaches devices on any edge, and waits for those who are away", async (t) => {
  const system = await startSystem({ edges: 2, actors: 2 });
  t.teardown(() => system.stop());
  const push = (title: string, user = "admin", as = "admin") =>
    call<Pushed>(
      system,
      "POST",
      "/notifications/push",
      { user_id: user, type: "info", title, body: `${title}!`, data: { n: 1 } },
      as,
    );

  const away = await push("away");
  t.is(away.status, 200);
  t.false(away.body.notification.delivered);
  t.like(away.body, { success: true, notification: { type: "info", title: "away", user_id: "admin" } });

  const client = await system.client("phone", { edge: 1 });
  const first = await client.frame(({ type }) => type === "notification", "what waited");
  if (first.type !== "notification") return t.fail();
  t.like(first.notification, { id: away.body.notification.id, title: "away", body: "away!", data: { n: 1 } });
  const many = await client.frame(({ type }) => type === "multi_message", "what waited, in one message");
  if (many.type !== "multi_message") return t.fail();
  t.deepEqual(many.multi_message.messages, [{ index: 0, content: "away: away!", msg_type: "system_info" }]);

  const here = await push("here");
  t.true(here.body.notification.delivered);
  await client.frame((one) => one.type === "notification" && one.notification.title === "here", "the push");

  const again = await system.client("desk");
  await push("both");
  await again.frame((one) => one.type === "notification" && one.notification.title === "both", "the push");
  t.deepEqual(
    again.frames.flatMap(({ frame }) => (frame.type === "notification" ? [frame.notification.title] : [])),
    ["both"],
    "what was delivered does not come again",
  );

  t.is((await push("x", "admin", "user_bob")).status, 403);
  t.is((await push("own", "user_bob", "user_bob")).status, 200);
  t.is(
    (
      await call(system, "POST", "/notifications/push", {
        user_id: "admin",
        type: "news",
        title: "x",
        body: "x",
      })
    ).status,
    400,
  );
});
