import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import test from "ava";
import WebSocket from "ws";
import { ParleyClient, type SocketConstructor } from "../../../edge/client/index.ts";
import { ChatServer } from "../../_kit/fakes/chat-server.ts";
import { within } from "../../_kit/judge/waiting.ts";

const turns = 25_000;
const turnsPerWait = 500;

test("memory stays flat over 100,000 frames", async (t) => {
  t.timeout(120_000);
  const server = await ChatServer.start();
  server.answers = { "GET /api/v1/profile": {} };
  const socket = WebSocket as unknown as SocketConstructor;
  const client = new ParleyClient({ url: server.url, token: "x", WebSocket: socket });
  t.teardown(async () => {
    client.close();
    await server.stop();
  });
  const session = client.session("s");
  client.connect();
  await server.until(() => server.socket, "a connection");
  server.connected();
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  let early = 0;
  for (let first = 0; first < turns; first += turnsPerWait) {
    const seen = new Promise((resolve) => {
      const end = client.on("stream_end", ({ message_id }) => {
        if (message_id !== `r${first + turnsPerWait - 1}`) return;
        end();
        resolve(true);
      });
    });
    for (let index = first; index < first + turnsPerWait; index++) sendTurn(server, index);
    await within(seen, 60_000, `turn ${first + turnsPerWait}`);
    if (first + turnsPerWait === turns / 5) early = used();
  }
  const grown = used() - early;
  t.log(`${Math.round(grown / 1024)} KiB more after ${turns * 4} frames`);
  t.true(session.state.messages.length <= 1_300);
  t.true(session.state.hasMore);
  t.is(session.state.messages.at(-1)?.content, "x".repeat(200));
  t.true(grown < 20 * 1024 * 1024);
});

function sendTurn(server: ChatServer, index: number): void {
  const ids = { message_id: `r${index}`, client_msg_id: `c${index}`, attempt: 1 };
  const user = { role: "user", msg_type: "chat", message_id: `u${index}`, client_msg_id: `c${index}` };
  const text = "x".repeat(200);
  server.stream({ type: "response", ...user, content: `message ${index}` });
  server.stream({ type: "stream_start", role: "assistant", response_mode: "text", ...ids });
  server.stream({ type: "stream_chunk", role: "assistant", msg_type: "chat", content: text, ...ids });
  server.stream({ type: "stream_end", role: "assistant", text, finish_reason: "stop", ...ids });
}
