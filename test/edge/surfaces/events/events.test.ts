import anyTest, { type ExecutionContext, type TestFn } from "ava";
import { EventSource } from "eventsource";
import { WireSocket } from "../../../_kit/clients/wire-socket.ts";
import { Watch } from "../../../_kit/judge/waiting.ts";
import { type EdgeWorld, startEdgeWorld } from "../../../_kit/worlds/edge-world.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

const test = anyTest as TestFn<EdgeWorld>;

test.before(async (t) => {
  t.context = await startEdgeWorld({ CHAT_USERS: "all" });
});
test.after.always((t) => t.context.stop());

interface Event {
  type: string;
  id: string;
  data: Record<string, unknown>;
}

/** An event stream of a test: what has come, and the headers of its next connection. */
class Events {
  readonly events: Event[] = [];
  readonly source: EventSource;
  readonly watch = new Watch();

  constructor(t: ExecutionContext, url: string, headers: Record<string, string>) {
    this.source = new EventSource(url, {
      fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
    });
    t.teardown(() => this.source.close());
    const keep = (event: MessageEvent) => {
      const data = JSON.parse(String(event.data)) as Record<string, unknown>;
      this.events.push({ type: event.type, id: event.lastEventId, data });
      this.watch.changed();
    };
    this.source.addEventListener("connected", keep);
    this.source.addEventListener("message", keep);
  }

  /** Waits for so many events. */
  count(count: number): Promise<Event[]> {
    return this.watch.until(() => this.events.length >= count && this.events, 10_000, `${count} events`);
  }
}

const bearer = (user: string) => ({ authorization: `Bearer ${mintToken(user)}` });
const update = (n: number) => ({
  frame: {
    type: "device_update" as const,
    device_update: {
      device_id: "lamp",
      name: "lamp",
      type: "light",
      state: { n },
      online: true,
      last_seen: "2026-01-01T00:00:00Z",
      changed: ["n"],
    },
    timestamp: n,
  },
});

test("any user gets the frames of their stream, connected first, each with its position", async (t) => {
  const { edge, actor } = t.context;
  const mine = new Events(t, `${edge.url}/api/v1/events`, bearer("user_ann"));
  const [connected] = await mine.count(1);
  t.is(connected?.type, "connected");
  t.false(connected?.data.recovered);
  t.is(connected?.id, `${connected?.data.epoch}-${connected?.data.seq}`);
  await actor.out("user_other", update(9));
  await actor.out("user_ann", update(1), update(2));
  const [, first, second] = await mine.count(3);
  t.like(first?.data, { type: "device_update", timestamp: 1, prev: connected?.data.seq });
  t.like(second?.data, { timestamp: 2, prev: first?.data.seq });
  t.is(second?.id, `${connected?.data.epoch}-${second?.data.seq}`);
  t.is(await actor.present("user_ann"), true, "the stream counts as presence");
});

test("a stream resumes where it was cut, without a hole, on another edge", async (t) => {
  const { edge, actor, another } = t.context;
  const other = await another();
  const before = new Events(t, `${edge.url}/api/v1/events`, bearer("user_res"));
  await before.count(1);
  await actor.out("user_res", update(1));
  const [, first] = await before.count(2);
  before.source.close();
  await actor.out("user_res", update(2), update(3));
  const headers = { ...bearer("user_res"), "last-event-id": first?.id ?? "" };
  const after = new Events(t, `${other.url}/api/v1/events`, headers);
  const [again, second, third] = await after.count(3);
  t.like(again, { type: "connected", id: first?.id });
  t.like(again?.data, { recovered: true, seq: first?.data.seq });
  t.like(second?.data, { timestamp: 2, prev: first?.data.seq });
  t.like(third?.data, { timestamp: 3, prev: second?.data.seq });
  const lost = new Events(t, `${edge.url}/api/v1/events`, { ...bearer("user_res"), "last-event-id": "1-1" });
  t.like((await lost.count(1))[0]?.data, { recovered: false });
  const wrong = await fetch(`${edge.url}/api/v1/events`, {
    headers: { ...bearer("a"), "last-event-id": "x" },
  });
  t.is(wrong.status, 400);
  t.is((await fetch(`${edge.url}/api/v1/events`)).status, 401);
});

const ticketOf = async (url: string, user: string) => {
  const answer = await fetch(`${url}/api/v1/auth/ticket`, { method: "POST", headers: bearer(user) });
  t200(answer.status);
  return (await answer.json()) as { ticket: string; expires_in: number };
};
const t200 = (status: number) => {
  if (status !== 200) throw new Error(`status ${status}`);
};

test("a ticket opens one socket or stream, once over all edges, and nothing else", async (t) => {
  const { edge, another } = t.context;
  const other = await another();
  const { ticket, expires_in } = await ticketOf(edge.url, "user_tim");
  t.is(expires_in, 30);
  const rest = await fetch(`${edge.url}/api/v1/sessions`, { headers: { authorization: `Bearer ${ticket}` } });
  t.is(rest.status, 401, "no request");
  const more = await fetch(`${edge.url}/api/v1/auth/ticket?token=${ticket}`, { method: "POST" });
  t.is(more.status, 401, "no further ticket");
  const opened = await WireSocket.open(t, other.port, `/ws/chat?token=${ticket}&session_id=s`);
  t.is(opened.refused, undefined);
  for (const port of [edge.port, other.port]) {
    const again = await WireSocket.open(t, port, `/ws/chat?token=${ticket}`);
    t.is(again.refused?.status, 401);
  }
  for (const path of ["/api/v1/events?token=", "/api/__yao/neo?content=hi&token="]) {
    const one = (await ticketOf(edge.url, "user_tim")).ticket;
    const statuses = await Promise.all(
      [edge, other, edge].map(async ({ url }) => {
        const abort = new AbortController();
        const { status } = await fetch(`${url}${path}${one}`, { signal: abort.signal });
        abort.abort();
        return status;
      }),
    );
    t.deepEqual(statuses.filter((status) => status !== 401).length, 1, `${path} ${statuses}`);
  }
  const cyber = await WireSocket.open(t, edge.port, `/${(await ticketOf(edge.url, "user_tim")).ticket}`);
  t.is(cyber.refused, undefined);
  for (const wrong of ["tkt-", "tkt-x.y.z", `tkt-${mintToken("user_tim")}`]) {
    const refused = await WireSocket.open(t, edge.port, `/ws/chat?token=${wrong}`);
    t.is(refused.refused?.status, 401, wrong.slice(0, 8));
  }
});

test("CHAT_USERS=all lets every user open /ws/chat; without it only the administrator", async (t) => {
  const { edge, another } = t.context;
  const open = async (port: number, user: string) =>
    (await WireSocket.open(t, port, `/ws/chat?token=${mintToken(user)}`)).refused?.status;
  t.is(await open(edge.port, "user_ann"), undefined);
  const { port } = await another({ CHAT_USERS: "admin" });
  t.is(await open(port, "user_ann"), 403);
  t.is(await open(port, "admin"), undefined);
});
