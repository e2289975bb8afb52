import anyTest, { type TestFn } from "ava";
import { getBytes, sha256, textOfSize, upload } from "../../_kit/fakes/files.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";

const test = anyTest as TestFn<{ api: Api }>;
const anna = { user: "user_anna" };

test.before(async (t) => {
  t.context = { api: await Api.start() };
});
test.after.always((t) => t.context.api?.stop());

test.serial("an upload during which NATS dies is refused, and the next one is taken", async (t) => {
  const { api } = t.context;
  const { nats } = api.system.engines;
  const file = { name: "a.txt", type: "text/plain", bytes: textOfSize(20 * 1024 * 1024) };
  const [reply] = await Promise.all([upload(api, anna, file), nats.kill("SIGKILL")]);
  t.is(reply.status, 503, reply.text);
  t.is(reply.body.errorType, "storage_unavailable");
  t.true(api.system.edge(0).running);
  const away = await upload(api, anna, file);
  t.is(away.status, 503);
  await nats.restart();
  const taken = await eventually(
    async () => {
      const again = await upload(api, anna, { ...file, bytes: file.bytes.subarray(0, 500_000) });
      return again.status === 201 && again;
    },
    30_000,
    "an upload is taken",
  );
  const { bytes } = await getBytes(api, anna, taken.body.url as string);
  t.is(sha256(bytes), sha256(file.bytes.subarray(0, 500_000)));
});

test.serial("while MongoDB is away an upload fails with a reason", async (t) => {
  const { api } = t.context;
  const { mongod } = api.system.engines;
  await mongod.kill("SIGKILL");
  const reply = await upload(api, anna, { name: "b.txt", type: "text/plain", bytes: "b" });
  t.is(reply.status, 503, reply.text);
  await mongod.restart();
  await eventually(
    async () => (await upload(api, anna, { name: "b.txt", type: "text/plain", bytes: "b" })).status === 201,
    30_000,
    "an upload is taken",
  );
});
