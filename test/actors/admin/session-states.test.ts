import test from "ava";
import { Api } from "../../_kit/worlds/api.ts";

const admin = { user: "admin" };

interface State {
  session_id: string;
  status: string;
  queue_length: number;
  connections: number;
  last_active: number;
  title: string;
}

test("sessions as they are now: what runs, waits and is watched, over edges and actor processes", async (t) => {
  const api = await Api.start({ edges: 2, actors: 2, env: { OPENAI_MODEL: "slow:1000x50,slow" } });
  t.teardown(() => api.stop());
  const one = await api.system.client("one", { session: "work", edge: 0 });
  const two = await api.system.client("two", { session: "work", edge: 1 });
  const get = async (path: string) => (await api.call("GET", `/api/v1/admin/${path}`, admin)).body;

  const missing = await api.call("GET", "/api/v1/admin/sessions/work", admin);
  t.is(missing.status, 404);
  t.like(missing.body, { error: "会话不存在", errorType: "session_not_found" });
  for (const user of [{ user: "someone" }, null])
    t.is((await api.call("GET", "/api/v1/admin/sessions", user)).status, user === null ? 401 : 403);

  one.post("long ".repeat(200), { id: "a" });
  for (const id of ["b", "c"]) one.post("next", { id, model: "slow" });
  await one.frame((frame) => frame.type === "stream_start", "the first turn runs");
  await one.frame((frame) => frame.type === "queued" && frame.client_msg_id === "c", "the last one waits");
  const busy = (await get("sessions/work")) as unknown as State;
  t.like(busy, {
    session_id: "work",
    user_id: "admin",
    status: "processing",
    queue_length: 2,
    connections: 2,
  });
  t.true(Math.abs(Date.now() - busy.last_active) < 60_000);

  one.raw({ type: "stop", session_id: "work" });
  await two.frame((frame) => frame.type === "stream_end" && frame.client_msg_id === "c", "all are done");
  await two.close();
  const { sessions, total } = (await get("sessions")) as unknown as { sessions: State[]; total: number };
  t.is(total, 1);
  t.like(sessions[0], { session_id: "work", status: "idle", queue_length: 0 });
  t.is(((await get("sessions?user_id=nobody")) as unknown as { total: number }).total, 0);
  const { users } = (await get("sessions/active")) as unknown as { users: Record<string, State[]> };
  t.deepEqual(Object.keys(users), ["admin"]);
  t.is(users.admin?.[0]?.session_id, "work");
});
