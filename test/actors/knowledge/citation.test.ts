import test from "ava";
import { citedSources } from "../../../actors/session/prompt/citations.ts";
import { ownWordsOf } from "../../../actors/text/fence.ts";
import { startRecordingProvider } from "../../_kit/fakes/recording-provider.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { addDocument, newBase } from "../../_kit/worlds/knowledge.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

const admin = { user: "admin" };

test("a reply that uses a passage names document and place; passages of others are never told", async (t) => {
  const provider = await startRecordingProvider(t, () => "Every second week [1].");
  const env = { OPENAI_BASE_URL: provider.url };
  const api = await Api.start({ actorCommand: rolesCommand("session", "knowledge"), env });
  t.teardown(() => api.stop());
  const client = await api.system.client("a");
  await client.send("Nothing is there yet: when is the filter rinsed?");
  await client.settled(20_000);
  const content = "# Pump\n\n## Filter\nRinse the filter every second week.";
  await addDocument(api, admin, await newBase(api, admin), { title: "Pump manual", content });
  const other = { user: "eve" };
  const secret = "The filter of Eve is rinsed by night.";
  await addDocument(api, other, await newBase(api, other), { title: "Diary", content: secret });
  await client.send("When is the pump's filter rinsed?");
  await client.settled(20_000);
  const call = await provider.called(
    ({ messages }) => ownWordsOf(messages.at(-1)?.content ?? "") === "When is the pump's filter rinsed?",
    "the question reaches the model",
  );
  const prompt = JSON.stringify(call.messages);
  t.true(prompt.includes("Rinse the filter every second week."), prompt);
  t.false(call.messages.some(({ role, content }) => role === "system" && content.includes("Rinse")));
  t.false(prompt.includes("by night"));
  const ends = client.frames.flatMap(({ frame }) => (frame.type === "stream_end" ? [frame.text] : []));
  t.deepEqual(ends, [
    "Every second week [1].",
    "Every second week [1].\n\n[1] 《Pump manual》 › Pump › Filter #1",
  ]);
});

test("every number that a reply names is a source, but not what stands in code", (t) => {
  const passages = ["One", "Two", "Three"].map((title, index) => {
    return { document_id: title, title, heading: "", index, content: "" };
  });
  const cited = (text: string) =>
    [...citedSources(text, passages).matchAll(/《(\w+)》/g)].map(([, title]) => title);
  t.deepEqual(cited("So it is [1], and so [3]."), ["One", "Three"]);
  t.deepEqual(cited("Both say so [1, 2]."), ["One", "Two"]);
  t.deepEqual(cited("See `list[1]` and\n```\nlist[2]\n```\nas said [3]."), ["Three"]);
  t.deepEqual(cited("Nothing [4], [0], [x]."), []);
});

test("a model that searches by itself gets each passage with document and place, of its user alone", async (t) => {
  const api = await Api.start({
    actorCommand: rolesCommand("session", "knowledge"),
    env: { OPENAI_MODEL: "call:1x1" },
  });
  t.teardown(() => api.stop());
  const content = "# Pump\n\n## Filter\nRinse the filter every second week.";
  await addDocument(api, admin, await newBase(api, admin), { title: "Pump manual", content });
  const other = { user: "eve" };
  const diary = { title: "Diary", content: "The filter of Eve is rinsed by night." };
  await addDocument(api, other, await newBase(api, other), diary);
  const client = await api.system.client("a");
  await client.send('search_knowledge {"query":"when is the filter rinsed"}');
  await client.settled(20_000);
  const [end] = client.frames.flatMap(({ frame }) => (frame.type === "stream_end" ? [frame.text] : []));
  t.true(end?.includes("《Pump manual》 › Pump › Filter #1"), end);
  t.true(end?.includes("Rinse the filter"));
  t.false(end?.includes("by night"));
});
