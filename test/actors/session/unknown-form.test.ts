import { jetstream } from "@nats-io/jetstream";
import test from "ava";
import { createLogger } from "../../../infra/log.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import { subjectOf } from "../../../schemas/messages/define.ts";
import { turnsCompleted } from "../../../schemas/messages/events.ts";
import { sessionInput } from "../../../schemas/messages/session.ts";
import { newSessionInput } from "../../../schemas/messages/session-input.ts";
import { sessionPartition } from "../../../schemas/messages/subjects.ts";
import { WireSocket } from "../../_kit/clients/wire-socket.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const admin = { user: "admin" };

test("what another version has written is kept aside and answered, or read as far as it is known", async (t) => {
  const api = await Api.start();
  t.teardown(() => api.stop());
  const { natsUrl } = api.system.engines;
  const nc = await connectNats({
    url: natsUrl,
    name: "test",
    log: createLogger("test", { logLevel: "silent" }),
  });
  t.teardown(() => nc.close());
  const js = jetstream(nc);
  const key = { user: "admin", session: "main" };
  const subject = subjectOf(sessionInput, { ...key, partition: sessionPartition(key.user, key.session) });
  const socket = await WireSocket.open(
    t,
    api.system.ports()[0] ?? 0,
    `/ws/chat?token=${mintToken("admin")}&session_id=main`,
  );
  await socket.frame({ type: "connected" });

  const input = newSessionInput({ ...key, client_msg_id: "new_form", surface: "chat", content: "hello" });
  await js.publish(subject, JSON.stringify({ ...input, surface: "matrix" }), { msgID: "unknown" });
  const error = await socket.frame({ type: "error", client_msg_id: "new_form" });
  t.is(error.errorType, "internal_error");
  t.like(await socket.frame({ type: "stream_end", client_msg_id: "new_form" }), { finish_reason: "failed" });

  await js.publish(subject, "\u0000 not JSON", { msgID: "garbage" });
  const extra = newSessionInput({ ...key, client_msg_id: "extra", surface: "chat", content: "with more" });
  await js.publish(subject, JSON.stringify({ ...extra, mood: "fine", more: { deep: [1] } }), {
    msgID: "extra",
  });
  t.like(await socket.frame({ type: "stream_end", client_msg_id: "extra" }), { finish_reason: "stop" });

  // 70 events that nobody can read, and then one more turn: it is searched at once.
  for (let i = 0; i < 70; i++)
    nc.publish(subjectOf(turnsCompleted, key), i % 2 ? "not JSON" : '{"turns":[{"id":1}]}');
  socket.send({ type: "message", content: "findable words", client_msg_id: "m1" });
  await socket.frame({ type: "stream_end", client_msg_id: "m1" });
  const found = await api.call("GET", "/api/v1/messages/search?q=findable", admin);
  t.is(found.status, 200);
  t.regex(found.text, /findable words/);

  await eventually(
    async () => ((await api.call("GET", "/api/v1/admin/rejected?limit=5", admin)).body.total as number) >= 72,
    10_000,
    "everything that was not understood is listed",
  );
  const all = (await api.call("GET", "/api/v1/admin/rejected?limit=50", admin)).body.rejected as Array<
    Record<string, unknown>
  >;
  t.true(
    all.every((entry, i) => i === 0 || Number(entry.id) < Number(all[i - 1]?.id)),
    "newest first",
  );
  const last = all.at(-1);
  const rest = (await api.call("GET", `/api/v1/admin/rejected?limit=50&before=${last?.id}`, admin)).body
    .rejected as Array<Record<string, unknown>>;
  const ofSession = [...all, ...rest].filter(({ stream }) => stream === "SESSIONS");
  t.deepEqual(
    ofSession.map(({ name, subject: on, tries }) => [name, on, tries]),
    [
      [sessionInput.name, subject, 0],
      [sessionInput.name, subject, 0],
    ],
  );
  t.regex(String(ofSession[1]?.reason), /surface/);
  t.regex(String(ofSession[1]?.payload), /hello/);
  t.is((await api.call("GET", "/api/v1/admin/rejected", { user: "user_bob" })).status, 403);
  t.is((await api.call("GET", "/api/v1/admin/rejected?limit=0", admin)).status, 400);
  const { text } = await api.call("GET", "/metrics", admin);
  t.regex(text, /parley_messages_rejected_total\{[^}]*subject="event\.turn\.completed"[^}]*\} [1-9]/);
});
