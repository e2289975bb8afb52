import anyTest, { type TestFn } from "ava";
import { MongoClient } from "mongodb";
import type { IndexedMessage } from "../../../schemas/documents/message-index.ts";
import { messageIndexCollection } from "../../../schemas/documents/message-index.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";

const test = anyTest as TestFn<{ api: Api }>;

test.before(async (t) => {
  t.context = { api: await Api.start({ env: { OPENAI_MODEL: "slow:1x1" } }) };
});
test.after.always((t) => t.context.api?.stop());

const total = async (api: Api, q: string) =>
  (await api.call("GET", `/api/v1/messages/search?q=${q}`, { user: "admin" })).body.total as number;

let sayers = 0;

async function say(api: Api, session: string, ...contents: string[]): Promise<void> {
  const client = await api.system.client(`sayer-${++sayers}`, { session });
  for (const content of contents) await client.send(content);
  await client.settled(20_000);
}

/** A turn ends for its user a moment before it can be found. */
const finds = (api: Api, q: string, count: number) =>
  eventually(async () => (await total(api, q)) === count, 10_000, `${count} messages with ${q}`);

/** Rows of a session in the index itself. */
async function rowsOf(api: Api, session: string): Promise<number> {
  const client = new MongoClient(api.system.engines.mongodbUri);
  try {
    const rows = client.db("parley").collection<IndexedMessage>(messageIndexCollection);
    return await rows.countDocuments({ "_id.session": session } as object);
  } finally {
    await client.close();
  }
}

for (const [how, method, path] of [
  ["cleared", "DELETE", "/messages"],
  ["deleted", "DELETE", ""],
] as const) {
  test(`what was ${how} is not found when the answer is there, nor kept in the index`, async (t) => {
    const { api } = t.context;
    const word = `zebra${how}`;
    await say(api, how, word, `${word} again`);
    await say(api, `${how}-stays`, word);
    await finds(api, word, 6);
    const answer = await api.call(method, `/api/v1/sessions/${how}${path}`, { user: "admin" });
    t.is(answer.status, 200);
    t.is(await total(api, word), 2);
    t.is(await rowsOf(api, how), 0);
    await say(api, how, `${word} anew`);
    await finds(api, word, 4);
  });
}

test("the command /clear hides as well", async (t) => {
  const { api } = t.context;
  await say(api, "commanded", "walrus");
  await finds(api, "walrus", 2);
  await say(api, "commanded", "/clear");
  t.is(await total(api, "walrus"), 0);
});

test("nothing comes back when turns end and sessions go at the same time", async (t) => {
  const { api } = t.context;
  for (let round = 0; round < 5; round++) {
    const client = await api.system.client(`racer-${round}`, { session: `race-${round}` });
    await client.send("penguin");
    await client.send("penguin");
    const gone = await api.call("DELETE", `/api/v1/sessions/race-${round}`, { user: "admin" });
    t.is(gone.status, 200);
    await client.close();
  }
  await say(api, "after", "done");
  await finds(api, "done", 2);
  t.is(await total(api, "penguin"), 0);
});

test("a reply that was made anew replaces the one before", async (t) => {
  const { api } = t.context;
  await say(api, "anew", "ostrich");
  await finds(api, "ostrich", 2);
  const client = await api.system.client("regenerator", { session: "anew" });
  const history = await api.call("GET", "/api/v1/sessions/anew/messages", { user: "admin" });
  const message_id = history.body.messages[1].message_id as string;
  const before = client.frames.length;
  client.raw({ type: "regenerate", session_id: "anew", message_id });
  await client.until(
    () => client.frames.slice(before).some(({ frame }) => frame.type === "stream_end"),
    "the new reply",
  );
  await finds(api, "ostrich", 2);
  const found = await api.call("GET", "/api/v1/messages/search?q=ostrich", { user: "admin" });
  t.false(found.text.includes(message_id));
});
