import test from "ava";
import WebSocket from "ws";
import { Watch } from "../_kit/judge/waiting.ts";
import { startFor } from "../_kit/worlds/scenario.ts";
import { mintToken } from "../_kit/worlds/token.ts";

const messages = 5;

/** Sends over the Cyber WebSocket of a user and collects all that comes back. */
async function talk(port: number, user: string): Promise<string> {
  const watch = new Watch();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/${mintToken(user)}`);
  let text = "";
  let ends = 0;
  socket.on("message", (data) => {
    text += String(data);
    if (String(data).includes('"finish_reason":"stop"')) ends++;
    watch.changed();
  });
  socket.on("open", () => watch.changed());
  await watch.until(() => socket.readyState === WebSocket.OPEN, 20_000, `${user} connects`);
  for (let count = 0; count < messages; count++) {
    socket.send(JSON.stringify({ content: `secret-of-${user}-${count}`, model: "ena-test" }));
    await watch.until(() => ends > count, 60_000, `reply ${count} to ${user}`);
  }
  socket.terminate();
  return text;
}

test("users at the same time see their own words and nobody else's", async (t) => {
  const system = await startFor(t, { actors: 1 });
  const users = Array.from({ length: 10 }, (_, index) => `user${index}x`);
  const admin = await system.client("admin");
  const texts = await Promise.all(users.map((user, index) => talk(system.edge(index % 2).port, user)));
  for (const [index, text] of texts.entries()) {
    t.true(text.length > 0);
    for (const other of users) {
      t.is(text.includes(other), other === users[index], `${users[index]} and ${other}`);
    }
  }
  // A busy machine may announce that it answers late; that says nothing of anybody.
  const about = admin.frames.filter(
    ({ frame }) => frame.type !== "connected" && frame.type !== "system_info",
  );
  t.deepEqual(about, [], "nor does the administrator");
});
