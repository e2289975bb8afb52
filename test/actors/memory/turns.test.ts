import test from "ava";
import type { AnyFrame } from "../../_kit/clients/wire-socket.ts";
import { type RecordedCall, startRecordingProvider } from "../../_kit/fakes/recording-provider.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

const admin = { user: "admin" };
const isExtraction = ({ messages }: RecordedCall) =>
  messages[0]?.content.includes("memory of facts") === true;
const asked = (text: string) => (call: RecordedCall) =>
  !isExtraction(call) && call.messages.at(-1)?.content === text;
const told = ({ messages }: RecordedCall) =>
  messages
    .filter(({ role }) => role === "system")
    .map(({ content }) => content)
    .join("\n");

async function memories(api: Api): Promise<AnyFrame[]> {
  return (await api.call("GET", "/api/v1/memory", admin)).body.memories as AnyFrame[];
}

test("what a user says in plain words is remembered without a model and told to later turns", async (t) => {
  const provider = await startRecordingProvider(t, () => "ok");
  const api = await Api.start({
    actorCommand: rolesCommand("session", "memory"),
    env: { OPENAI_BASE_URL: provider.url, MEMORY_EXTRACTION: "patterns" },
  });
  t.teardown(() => api.stop());
  const client = await api.system.client("a");
  await client.send("你好,我叫李雷。我住在北京。今天天气不错。");
  const ended = (frame: AnyFrame) =>
    frame.type === "background_thinking" && (frame.background_thinking as AnyFrame).status === "end";
  const end = await client.frame((frame) => ended(frame as AnyFrame), "the end of extraction");
  t.like(end, { background_thinking: { task: "memory", memories: 2 } });
  await client.send("I moved to Lisbon, and what is the weather?");
  await client.send("I moved to Lisbon.");
  const stored = await eventually(
    async () => {
      const all = await memories(api);
      return all.some(({ content }) => String(content).includes("Lisbon")) && all;
    },
    20_000,
    "the new home is remembered",
  );
  t.truthy(stored.find(({ content }) => String(content).includes("北京"))?.superseded_at);
  await client.send("Where do I live?", { session: "another" });
  const prompt = told(await provider.called(asked("Where do I live?"), "the question reaches the model"));
  t.true(prompt.includes("Lisbon"), prompt);
  t.true(prompt.includes("李雷"));
  t.false(prompt.includes("北京"), "a superseded fact is not told");
  const name = stored.find(({ content }) => String(content).includes("李雷"));
  await api.call("DELETE", `/api/v1/memory?id=${name?.id}`, admin);
  await client.send("And my name?", { session: "another" });
  const later = told(await provider.called(asked("And my name?"), "the second question reaches the model"));
  t.false(later.includes("李雷"), "a forgotten fact is not told");
});

test("a model finds facts, merges and supersedes; what it can't say in the agreed form is found by patterns", async (t) => {
  let answer = "";
  const provider = await startRecordingProvider(t, (call) => (isExtraction(call) ? answer : "ok"));
  const api = await Api.start({
    actorCommand: rolesCommand("session", "memory"),
    env: { OPENAI_BASE_URL: provider.url },
  });
  t.teardown(() => api.stop());
  const client = await api.system.client("a");
  const until = (count: number) =>
    eventually(
      async () => {
        const all = await memories(api);
        return all.length === count && all;
      },
      20_000,
      `${count} facts`,
    );
  answer =
    'Sure! ```json\n{"facts":[{"content":"The user trains for a marathon","category":"plan","priority":3,"slot":null}]}\n```';
  await client.send("I am out running every morning for the race in May");
  const [first] = await until(1);
  t.like(first, { content: "The user trains for a marathon", category: "plan", priority: 3 });
  const injured = { content: "The user gave up running", supersedes: [first?.id, "mem_of_nobody"] };
  answer = JSON.stringify({ facts: [injured] });
  await client.send("My knee is broken, I gave up running");
  const two = await until(2);
  t.truthy(two.find(({ id }) => id === first?.id)?.superseded_at);
  answer = "I could not find any facts, sorry.";
  await client.send("My cat is called Miez.");
  t.true((await until(3)).some(({ content }) => String(content).includes("Miez")));
});
