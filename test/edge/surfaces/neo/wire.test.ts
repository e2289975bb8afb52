import anyTest, { type ExecutionContext, type TestFn } from "ava";
import { EventSource } from "eventsource";
import type { MessageState } from "../../../../schemas/messages/session-input.ts";
import { neoFrameSchema } from "../../../../schemas/wire/neo.ts";
import { Watch } from "../../../_kit/judge/waiting.ts";
import type { TestEdge } from "../../../_kit/worlds/edge.ts";
import { type EdgeWorld, startEdgeWorld } from "../../../_kit/worlds/edge-world.ts";
import { echoOf, replyTo } from "../../../_kit/worlds/stand-in.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

const test = anyTest as TestFn<EdgeWorld & { states: Map<string, MessageState> }>;

test.before(async (t) => {
  const states = new Map<string, MessageState>();
  t.context = { ...(await startEdgeWorld()), states };
  const { actor } = t.context;
  actor.onInput = (input) => {
    states.set(input.client_msg_id, {
      status: "processing",
      message_id: input.message_id,
      reply_id: input.reply_id,
    });
    void actor.out(input.user, echoOf(input));
  };
  actor.state = (ask) =>
    (ask.kind === "state" ? states.get(ask.client_msg_id) : undefined) ?? { status: "unknown" };
  actor.own();
});
test.after.always((t) => t.context.stop());

const user = "user_alice";
const urlOf = (edge: TestEdge, content: string, more = "") =>
  `${edge.url}/api/__yao/neo?content=${encodeURIComponent(content)}&token=${mintToken(user)}${more}`;

/** An EventSource of a test, with all that it got. */
function listen(t: ExecutionContext, url: string) {
  const source = new EventSource(url);
  t.teardown(() => source.close());
  const watch = new Watch();
  const got = { text: "", done: false, ids: [] as string[], errors: [] as (number | undefined)[] };
  source.addEventListener("message", ({ data, lastEventId }) => {
    const frame = neoFrameSchema.parse(JSON.parse(data as string));
    got.text += frame.text;
    got.done ||= frame.done;
    got.ids.push(lastEventId);
    watch.changed();
  });
  source.addEventListener("error", ({ code }) => {
    got.errors.push(code);
    watch.changed();
  });
  return {
    ...got,
    got,
    source,
    until: (look: () => boolean, what: string) => watch.until(look, 15_000, what),
  };
}

/** Reads a plain answer's bytes until it has what is looked for. */
async function readUntil(answer: Response, look: RegExp): Promise<string> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!look.test(text)) {
    const { value, done } = (await reader?.read()) ?? { done: true, value: "" };
    if (done) break;
    text += value;
  }
  await reader?.cancel();
  return text;
}

test.serial(
  "the documented stream: an id on acceptance, then frames, then 204 for the one that comes back",
  async (t) => {
    const { edge, actor } = t.context;
    const answer = await fetch(urlOf(edge, "hello\nyou", "&context=%7B%22pathname%22%3A%22%2Fx%22%7D"));
    t.is(answer.status, 200);
    t.is(answer.headers.get("content-type"), "text/event-stream;charset=utf-8");
    const input = await actor.input("hello\nyou");
    t.like(input, { user, session: "neo_user_alice", surface: "neo", context: { pathname: "/x" } });
    await actor.out(user, ...replyTo(input, ["line\n", "next"]));
    const text = await readUntil(answer, /"done":true/);
    t.regex(text, /^id: \d+-\d+\nretry: \d+\n\n/);
    const events = text.trim().split("\n\n").slice(1);
    t.deepEqual(
      events.map((event) => neoFrameSchema.parse(JSON.parse(event.slice(event.indexOf("data: ") + 6))).text),
      ["line\n", "next", ""],
    );
    const last = /^id: (.*)$/m.exec(events.at(-1) ?? "")?.[1] ?? "";
    const same = urlOf(edge, "hello\nyou", "&context=%7B%22pathname%22%3A%22%2Fx%22%7D");
    t.is((await fetch(same, { headers: { "last-event-id": last } })).status, 204);
  },
);

test.serial("an EventSource that finished stops of itself", async (t) => {
  const { edge, actor } = t.context;
  const { source, got, until } = listen(t, urlOf(edge, "short"));
  await actor.out(user, ...replyTo(await actor.input("short"), ["a", "b"]));
  await until(() => got.done, "the end");
  await until(() => source.readyState === EventSource.CLOSED, "closed by 204");
  t.is(got.text, "ab");
  t.is(actor.inputs.filter(({ content }) => content === "short").length, 1);
});

test.serial("cut in the middle, it goes on at another edge and runs nothing again", async (t) => {
  const { actor, another } = t.context;
  const first = await another();
  const second = await another();
  const answer = await fetch(urlOf(first, "long"));
  const input = await actor.input("long");
  const items = replyTo(input, ["one ", "two ", "three"]);
  await actor.out(user, ...items.slice(0, 2));
  const text = await readUntil(answer, /one /);
  const ids = [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? "");
  // From the id on acceptance everything comes again, from the last one the rest.
  for (const [id, expected] of [
    [ids[0], "one two three"],
    [ids[1], "two three"],
  ] as const) {
    const resumed = await fetch(urlOf(second, "long"), { headers: { "last-event-id": id ?? "" } });
    t.is(resumed.status, 200);
    if (expected === "two three") await actor.out(user, ...items.slice(2));
    else {
      t.regex(await readUntil(resumed, /one /), /"text":"one "/);
      continue;
    }
    const rest = await readUntil(resumed, /"done":true/);
    const texts = [...rest.matchAll(/"text":"([^"]*)"/g)].map(([, part]) => part).join("");
    t.is(texts, expected);
  }
  t.is(actor.inputs.filter(({ content }) => content === "long").length, 1);
});

test.serial("the same request joins its turn, running or finished, on any edge", async (t) => {
  const { edge, actor, another, states } = t.context;
  const other = await another();
  const first = await fetch(urlOf(edge, "twice"));
  const input = await actor.input("twice");
  const items = replyTo(input, ["a", "b"]);
  await actor.out(user, ...items.slice(0, 2));
  await readUntil(first, /"text":"a"/);
  const joined = await fetch(urlOf(other, "twice"));
  await actor.out(user, ...items.slice(2));
  const text = await readUntil(joined, /"done":true/);
  t.deepEqual([...text.matchAll(/"text":"([^"]*)"/g)].map(([, part]) => part).join(""), "ab");
  states.set(input.client_msg_id, { ...states.get(input.client_msg_id), status: "completed", text: "ab" });
  const late = await readUntil(await fetch(urlOf(edge, "twice")), /"done":true/);
  t.is([...late.matchAll(/"text":"([^"]*)"/g)].map(([, part]) => part).join(""), "ab");
  t.is(actor.inputs.filter(({ content }) => content === "twice").length, 1);
});

test.serial("an id that nothing is known of ends the reconnecting", async (t) => {
  const headers = { "last-event-id": "1-1" };
  t.is((await fetch(urlOf(t.context.edge, "never asked"), { headers })).status, 204);
});

test.serial("refusals come before the stream", async (t) => {
  const { edge } = t.context;
  t.is((await fetch(`${edge.url}/api/__yao/neo?content=x`)).status, 401);
  t.is((await fetch(urlOf(edge, ""))).status, 400);
  t.is((await fetch(urlOf(edge, "x", "&context=%7B"))).status, 400);
  t.is((await fetch(urlOf(edge, "x", "&context=%7B%22stack%22%3A1%7D"))).status, 400);
  t.is((await fetch(urlOf(edge, "x"), { headers: { "last-event-id": "what" } })).status, 400);
  const slash = await fetch(urlOf(edge, "slash").replace("/neo?", "/neo/?"));
  t.is(slash.status, 200);
  await slash.body?.cancel();
});
