import anyTest, { type TestFn } from "ava";
import { EventSource } from "eventsource";
import type { Approval } from "../../../schemas/documents/approval.ts";
import { type NeoFrame, neoFrameSchema } from "../../../schemas/wire/neo.ts";
import { call } from "../../_kit/clients/rest.ts";
import { Watch } from "../../_kit/judge/waiting.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ system: System }>;
const key = "a key of the tests";
const approvalMs = 22_000;

test.before(async (t) => {
  const env = {
    OPENAI_MODEL: "call:1x1",
    WEBHOOK_KEY: key,
    LIMIT_APPROVAL_MS: String(approvalMs),
    DEFAULT_TIMEZONE: "UTC",
  };
  t.context = { system: await startSystem({ edges: 1, actors: 1, env }) };
});
test.after.always((t) => t.context.system?.stop());

const command = (device: string, on: boolean) =>
  `device_command ${JSON.stringify({ device_id: device, command: { on } })}`;

/** A message from a webhook: text that others wrote; resolves with the reply. */
async function webhook(system: System, user: string, message: string): Promise<string> {
  const response = await fetch(`${system.url()}/webhook/generic`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-webhook-key": key },
    body: JSON.stringify({ user_id: user, session_id: `s_${user}`, message }),
  });
  return String(((await response.json()) as { reply?: unknown }).reply);
}

/** The approval that waits for a user, once one does. */
async function pending(system: System, user: string): Promise<Approval> {
  for (const from = Date.now(); Date.now() - from < 20_000; ) {
    const { body } = await call<{ approvals?: Approval[] }>(system, "GET", "/approvals", undefined, user);
    const [first] = body.approvals ?? [];
    if (first !== undefined) return first;
    await fetch(`${system.url()}/livez`);
  }
  throw new Error(`no approval of ${user}`);
}

const decide = (system: System, user: string, name: string, decision: string) =>
  call(system, "POST", `/approvals/${name}`, { decision }, user);

const lamp = (system: System, user: string) =>
  call(system, "POST", "/devices/lamp/update", { state: { on: false } }, user);

/** A Yao Neo turn on a page: its context is data of others. */
function onPage(system: System, content: string): { frames: NeoFrame[]; watch: Watch } {
  const context = JSON.stringify({ stack: "Table-pet", pathname: "/x" });
  const query = new URLSearchParams({ content, token: mintToken("admin"), context });
  const source = new EventSource(`${system.url()}/api/__yao/neo?${query}`);
  const frames: NeoFrame[] = [];
  const watch = new Watch();
  source.onmessage = ({ data }) => {
    const frame = neoFrameSchema.parse(JSON.parse(data));
    frames.push(frame);
    if (frame.done) source.close();
    watch.changed();
  };
  return { frames, watch };
}

test.serial("without text of others a device is commanded at once", async (t) => {
  const { system } = t.context;
  await lamp(system, "admin");
  const phone = await system.client("plain", { session: "plain" });
  const { client_msg_id } = await phone.send(command("lamp", true));
  const end = await phone.frame(
    (one) => one.type === "stream_end" && one.client_msg_id === client_msg_id,
    "end",
  );
  t.regex(end.type === "stream_end" ? end.text : "", /success/);
  t.false(phone.frames.some(({ frame }) => (frame.type as string) === "approval"));
});

test.serial(
  "a page's context asks on all devices and in Neo; a denied call is not run, an allowed tool not asked again",
  async (t) => {
    const { system } = t.context;
    const phone = await system.client("phone", { session: "other" });
    const asked = () =>
      phone.frame((one) => one.type === "approval" && !seen.has(one.approval_id), "the approval");
    const seen = new Set<string>();
    const answer = async (decision: string, content: string) => {
      const { frames, watch } = onPage(system, content);
      const frame = await asked();
      if (frame.type !== "approval") throw new Error("no approval");
      seen.add(frame.approval_id);
      t.is(frame.tool_name, "device_command");
      t.true(frame.expires_at > Date.now());
      await watch.until(() => frames.find(({ confirm }) => confirm), 20_000, "confirm");
      t.is(frames.find(({ confirm }) => confirm)?.command.id, frame.approval_id);
      phone.raw({ type: "approve", approval_id: frame.approval_id, decision });
      const decided = await phone.frame(
        (one) => one.type === "approval_decided" && one.approval_id === frame.approval_id,
        "the decision",
      );
      t.is(decided.type === "approval_decided" ? decided.decision : "", decision);
      await watch.until(() => frames.find(({ done }) => done), 20_000, "the end");
      return { text: frames.map(({ text }) => text).join(""), id: frame.approval_id };
    };
    const denied = await answer("deny", command("lamp", false));
    t.regex(denied.text, /denied/);
    t.is((await decide(system, "admin", denied.id, "once")).status, 409);
    t.is((await decide(system, "admin", "ap_unknown", "once")).status, 404);
    t.regex((await answer("always", command("lamp", true))).text, /success/);

    const { frames, watch } = onPage(system, `${command("lamp", false)} `);
    await watch.until(() => frames.find(({ done }) => done), 20_000, "the end without a question");
    t.regex(frames.map(({ text }) => text).join(""), /success/);
    t.false(frames.some(({ confirm }) => confirm));
    const list = await call<{ allowed_tools: string[] }>(system, "GET", "/approvals");
    t.deepEqual(list.body.allowed_tools, ["device_command"]);
    t.is((await call(system, "DELETE", "/approvals/tools/device_command")).status, 200);
    t.is((await call(system, "DELETE", "/approvals/tools/device_command")).status, 404);
  },
);

test.serial("Neo's confirmation, and /approve and /deny beside the waiting turn, answer too", async (t) => {
  const { system } = t.context;
  const { frames, watch } = onPage(system, `${command("lamp", true)}  `);
  const asked = await watch.until(() => frames.find(({ confirm }) => confirm), 20_000, "confirm");
  const response = await fetch(`${system.url()}/api/__yao/neo`, {
    method: "POST",
    headers: { authorization: `Bearer ${mintToken("admin")}`, "content-type": "application/json" },
    body: JSON.stringify({ cmd: "ExecCommand", id: asked.command.id }),
  });
  t.is(response.status, 200);
  await watch.until(() => frames.find(({ done }) => done), 20_000, "the end");
  t.regex(frames.map(({ text }) => text).join(""), /success/);

  await lamp(system, "ext_carol");
  for (const [word, result] of [
    ["/approve", /success/],
    ["/deny", /denied/],
  ] as const) {
    const reply = webhook(system, "carol", command("lamp", word === "/approve"));
    const { code } = await pending(system, "ext_carol");
    t.regex(await webhook(system, "carol", `${word} ${code}`), /device_command/);
    t.regex(await reply, result);
    t.regex(await webhook(system, "carol", `${word} ${code}`), /已有结果/);
  }
});

test.serial(
  "consent outlives kill -9 of the actors; nobody's answer in time is a denial that the model learns",
  async (t) => {
    const { system } = t.context;
    await Promise.all([lamp(system, "ext_alice"), lamp(system, "ext_bob")]);
    const unanswered = webhook(system, "bob", command("lamp", true));
    await pending(system, "ext_bob");
    const answered = webhook(system, "alice", command("lamp", true));
    const before = await pending(system, "ext_alice");
    t.is(
      (await decide(system, "ext_bob", before.approval_id, "once")).status,
      404,
      "another user's approval",
    );

    const actor = system.actor(0);
    actor.kill("SIGKILL");
    await actor.exit();
    await actor.start();
    const after = await pending(system, "ext_alice");
    t.like(after, { approval_id: before.approval_id, expires_at: before.expires_at });
    t.is((await decide(system, "ext_alice", after.approval_id, "once")).status, 200);
    t.regex(await answered, /success/);
    t.regex(await unanswered, /not answered in time/);
  },
);
