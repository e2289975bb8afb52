import test from "ava";
import fc from "fast-check";
import WebSocket from "ws";
import { ParleyClient, type Session, type SocketConstructor } from "../../../edge/client/index.ts";
import type { HistoryMessage } from "../../../schemas/documents/message.ts";
import { FrontDoor } from "../../_kit/fakes/front-door.ts";
import { lasting, within } from "../../_kit/judge/waiting.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

let system: System;
let door: FrontDoor;

test.before(async () => {
  system = await startSystem({ edges: 2, actors: 1 });
  door = await FrontDoor.open(() => system.ports()[0]);
});

test.after.always(async () => {
  await door?.close();
  await system?.stop();
});

/** What a fault does to the system, at its moment. */
const faults = {
  cut: async () => door.cut(),
  "kill an edge": async () => {
    const edge = system.edges.find(({ running }) => running);
    await edge?.destroy();
    await edge?.start();
  },
  "restart NATS": async () => {
    await system.engines.nats.kill("SIGKILL");
    await system.engines.nats.restart();
  },
};

const moment = fc.record({
  fault: fc.constantFrom(...(Object.keys(faults) as (keyof typeof faults)[])),
  afterMs: fc.integer({ min: 0, max: 600 }),
});

test.serial("two devices show the same, and what history holds, whatever breaks meanwhile", async (t) => {
  t.timeout(170_000);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 2, maxLength: 3 }), async (moments) => {
      const id = `equal_${run++}`;
      const clients = [clientOf("one"), clientOf("two")];
      const sessions = clients.map((client) => client.session(id));
      for (const client of clients) client.connect();
      const writing = Array.from({ length: 6 }, async (_, index) => {
        await lasting(index * 150);
        sessions[index % 2]?.send(`message ${index}`, { model: "ena-test:10x30" });
      });
      for (const { fault, afterMs } of moments) {
        await lasting(afterMs);
        await faults[fault]();
      }
      await Promise.all(writing);
      await Promise.all(sessions.map((session) => settled(session, 12)));
      const response = await system.request("GET", `/api/v1/sessions/${id}/messages`);
      const { messages } = (await response.json()) as { messages: HistoryMessage[] };
      const history = messages.map(({ id: _, session_id: _session, ...message }) => message);
      for (const session of sessions) t.deepEqual(shown(session), history.map(comparable));
      for (const client of clients) client.close();
    }),
    { numRuns: 3, seed: 20261127, endOnFailure: true },
  );
});

function clientOf(name: string): ParleyClient {
  return new ParleyClient({
    url: door.url,
    token: mintToken("admin"),
    clientId: name,
    deviceName: `device ${name}`,
    WebSocket: WebSocket as unknown as SocketConstructor,
  });
}

/** Waits until a session shows so many messages, all of them finished. */
function settled(session: Session, count: number): Promise<void> {
  const done = new Promise<void>((resolve) => {
    const look = () => {
      const { messages, loading } = session.state;
      if (!loading && messages.length === count && messages.every(({ status }) => status === "done"))
        resolve();
    };
    session.subscribe(look);
    look();
  });
  return within(done, 60_000, `${count} finished messages`);
}

function shown(session: Session) {
  return session.state.messages.map((message) => comparable(message as unknown as HistoryMessage));
}

/** What frames and history both tell of a message. */
function comparable(message: Omit<HistoryMessage, "session_id">) {
  const { message_id, client_msg_id, role, msg_type, content, finish_reason, created_at, client_info } =
    message;
  return { message_id, client_msg_id, role, msg_type, content, finish_reason, created_at, client_info };
}
