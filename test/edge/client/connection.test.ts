import test, { type ExecutionContext } from "ava";
import WebSocket from "ws";
import { finalCloseCodes, routeTable } from "../../../edge/client/gen/tables.ts";
import {
  type ClientOptions,
  ParleyClient,
  type RouteName,
  type Session,
  type SocketConstructor,
} from "../../../edge/client/index.ts";
import { closeCodes } from "../../../schemas/close-codes.ts";
import { namedRoutes, routes } from "../../../schemas/routes/index.ts";
import { ChatServer } from "../../_kit/fakes/chat-server.ts";
import { within } from "../../_kit/judge/waiting.ts";

const history = "GET /api/v1/sessions/s/messages";
const ticket = "POST /api/v1/auth/ticket";

async function open(t: ExecutionContext, options: Partial<ClientOptions> = {}) {
  const server = await ChatServer.start();
  server.answers = {
    [ticket]: { ticket: "t-1", expires_in: 30 },
    [history]: { messages: [], has_more: false },
  };
  const client = new ParleyClient({
    url: server.url,
    token: "long-lived",
    WebSocket: WebSocket as unknown as SocketConstructor,
    ...options,
  } as ClientOptions);
  t.teardown(async () => {
    client.close();
    await server.stop();
  });
  client.connect();
  const joined = async () => {
    const before = server.socket;
    await server.until(() => server.socket !== before, "a connection");
  };
  await server.until(() => server.socket, "the first connection");
  return { server, client, joined, session: client.session("s") };
}

/** Waits until the state of a session satisfies `test`. */
function shows(session: Session, test: (state: Session["state"]) => boolean, what: string): Promise<void> {
  const seen = new Promise<void>((resolve) => {
    const look = () => test(session.state) && resolve();
    session.subscribe(look);
    look();
  });
  return within(seen, 10_000, what);
}

const turn = (server: ChatServer, index: number, text = `reply ${index}`) => {
  const ids = { message_id: `r${index}`, client_msg_id: `c${index}`, attempt: 1 };
  const user = { role: "user", msg_type: "chat", message_id: `u${index}`, client_msg_id: `c${index}` };
  server.stream({ type: "response", ...user, content: `message ${index}` });
  server.stream({ type: "stream_start", role: "assistant", response_mode: "text", ...ids });
  server.stream({ type: "stream_chunk", role: "assistant", msg_type: "chat", content: text, ...ids });
  server.stream({ type: "stream_end", role: "assistant", text, finish_reason: "stop", ...ids });
};

test("an address holds a ticket and never the token; a cut connection resumes where it ended", async (t) => {
  const { server, client, session, joined } = await open(t);
  server.connected();
  turn(server, 1);
  await shows(session, ({ messages }) => messages.at(-1)?.status === "done", "a reply");
  server.answers[ticket] = { ticket: "t-2", expires_in: 30 };
  const again = joined();
  server.socket?.terminate();
  await again;
  t.deepEqual(
    server.upgrades.map(({ searchParams }) => [searchParams.get("token"), searchParams.get("resume")]),
    [
      ["t-1", null],
      ["t-2", "1-4"],
    ],
  );
  t.is(client.status.state, "connecting");
});

test("where a server has no tickets the token is used, once it is known to be good", async (t) => {
  const server = await ChatServer.start();
  server.answers = { "GET /api/v1/profile": {} };
  const socket = WebSocket as unknown as SocketConstructor;
  const client = new ParleyClient({ url: server.url, token: "long-lived", WebSocket: socket });
  t.teardown(async () => {
    client.close();
    await server.stop();
  });
  client.connect();
  await server.until(() => server.socket, "a connection");
  t.is(server.upgrades[0]?.searchParams.get("token"), "long-lived");
  t.deepEqual(server.requests, [ticket, "GET /api/v1/profile"]);
});

test("a hole in the chain and a connection that did not recover read history again", async (t) => {
  const { server, session, joined } = await open(t);
  server.connected();
  turn(server, 1);
  await shows(session, ({ loaded, messages }) => loaded && messages.length === 2, "the turn");
  const reads = () => server.requests.filter((request) => request === history).length;
  const before = reads();
  server.seq += 1;
  server.answers[history] = {
    messages: [
      {
        id: 1,
        session_id: "s",
        message_id: "u9",
        role: "user",
        msg_type: "chat",
        content: "x",
        created_at: 1,
      },
    ],
    has_more: false,
  };
  server.stream({
    type: "system_info",
    msg_type: "system_info",
    system_info: { level: "info", message: "" },
  });
  await shows(
    session,
    ({ messages }) => messages.length === 1 && messages[0]?.content === "x",
    "history after a hole",
  );
  t.is(reads(), before + 1);
  const again = joined();
  server.socket?.terminate();
  await again;
  server.connected(false);
  await server.until(() => reads() === before + 2, "history after a restart");
  t.pass();
});

test("what is sent while offline goes out once there is a connection, until it is accepted", async (t) => {
  const { server, session, joined } = await open(t);
  session.send("first", { client_msg_id: "c1" });
  session.send("second", { client_msg_id: "c2" });
  t.deepEqual(
    session.state.messages.map(({ status }) => status),
    ["sending", "sending"],
  );
  server.connected();
  await server.until(() => server.frames.length === 1, "the first message alone");
  const again = joined();
  server.socket?.terminate();
  await again;
  server.connected(true);
  await server.until(() => server.frames.length === 2, "the first message once more");
  server.push({
    type: "error",
    errorType: "storage_unavailable",
    error: "",
    client_msg_id: "c1",
    session_id: "s",
  });
  await server.until(() => server.frames.length === 3, "a retry after a passing error");
  t.deepEqual(
    server.frames.map(({ client_msg_id }) => client_msg_id),
    ["c1", "c1", "c1"],
  );
  server.stream({ type: "accepted", client_msg_id: "c1", message_id: "u1" });
  await server.until(() => server.frames.length === 4, "the second message");
  server.push({
    type: "error",
    errorType: "invalid_message",
    error: "no",
    client_msg_id: "c2",
    session_id: "s",
  });
  await shows(session, ({ messages }) => messages[1]?.status === "failed", "a refusal");
  t.is(session.state.messages[0]?.status, "queued");
  t.is(session.state.messages[1]?.error?.error, "no");
});

test("drafts outlive the page, each under its owner", async (t) => {
  const kept = new Map<string, string>();
  const storage = {
    get length() {
      return kept.size;
    },
    key: (index: number) => [...kept.keys()][index] ?? null,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const first = await open(t, { storage, user: "admin" });
  first.session.send("kept", { client_msg_id: "c1" });
  first.client.close();
  const other = await open(t, { storage, user: "somebody" });
  t.is(other.session.state.messages.length, 0);
  const { server } = await open(t, { storage, user: "admin" });
  server.connected();
  await server.until(() => server.frames[0]?.content === "kept", "the draft");
  server.stream({ type: "accepted", client_msg_id: "c1", message_id: "u1" });
  await within(
    (async () => {
      while (kept.size > 0) await new Promise(setImmediate);
    })(),
    5_000,
    "an empty storage",
  );
  t.pass();
});

test("a close with a final code ends it, and others do not", async (t) => {
  const { server, client, joined } = await open(t);
  server.connected();
  const again = joined();
  server.socket?.close(closeCodes.slow_consumer.code);
  await again;
  server.connected();
  const refused = new Promise((resolve) =>
    client.onStatus(({ state }) => state === "refused" && resolve(true)),
  );
  server.socket?.close(closeCodes.too_many_errors.code, "too_many_errors");
  t.true(await within(refused, 5_000, "the end"));
  t.is(client.status.error?.errorType, "too_many_errors");
});

test("a revoked token is told as signed out", async (t) => {
  const { server, client } = await open(t);
  server.connected();
  server.answers[ticket] = 401;
  const ended = new Promise((resolve) =>
    client.onStatus(({ state }) => state === "signed_out" && resolve(true)),
  );
  server.socket?.close(closeCodes.unauthorized.code, "unauthorized");
  t.true(await within(ended, 5_000, "the end"));
});

/** An endpoint without its types in rest.ts does not compile here. */
const untyped: [Exclude<keyof typeof routeTable, RouteName>] extends [never] ? true : false = true;

test("the tables of the client are those of the schemas", (t) => {
  t.deepEqual(Object.keys(routeTable).sort(), Object.keys(namedRoutes).sort());
  t.is(Object.keys(namedRoutes).length, routes.length);
  t.true(untyped);
  const final = Object.values(closeCodes).filter(({ reconnect }) => !reconnect);
  t.deepEqual(
    [...finalCloseCodes],
    final.map(({ code }) => code),
  );
});
