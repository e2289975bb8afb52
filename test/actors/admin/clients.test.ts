import test from "ava";
import WebSocket from "ws";
import { eventually, Watch } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const admin = { user: "admin" };

interface Known {
  client_id: string;
  device_name: string;
  user_agent: string;
  note: string;
  last_seen: number;
  online: boolean;
}

async function connect(port: number, client: string, device: string): Promise<WebSocket> {
  const query = `token=${mintToken("admin")}&client_id=${client}&device_name=${encodeURIComponent(device)}`;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/chat?${query}`, {
    headers: { "user-agent": "tests/1" },
  });
  const watch = new Watch();
  socket.on("open", () => watch.changed());
  await watch.until(() => socket.readyState === WebSocket.OPEN, 5_000, `${client} is connected`);
  return socket;
}

test("known clients: online on whatever edge, remembered with their note when gone", async (t) => {
  const api = await Api.start({ edges: 2 });
  t.teardown(() => api.stop());
  const path = "/api/v1/admin/clients";
  const list = async () => (await api.call("GET", path, admin)).body.clients as Known[];
  const of = async (client: string) => (await list()).find(({ client_id }) => client_id === client);

  const began = Date.now();
  const phone = await connect(api.system.edge(0).port, "phone", "手机");
  const laptop = await connect(api.system.edge(1).port, "laptop", "laptop");
  const known = await list();
  t.deepEqual(known.map(({ client_id }) => client_id).sort(), ["laptop", "phone"]);
  t.true(
    known.every(
      ({ online, last_seen, user_agent }) => online && last_seen >= began && user_agent === "tests/1",
    ),
  );
  t.is(known.find(({ client_id }) => client_id === "phone")?.device_name, "手机");

  const noted = await api.call("PUT", `${path}/phone/note`, admin, { note: "厨房" });
  t.deepEqual(noted.body as object, { status: "ok", client_id: "phone", note: "厨房" });
  const unknown = await api.call("PUT", `${path}/tablet/note`, admin, { note: "x" });
  t.is(unknown.status, 404);
  t.is(unknown.body.error, "客户端未找到");
  t.is((await api.call("PUT", `${path}/phone/note`, admin, { note: 5 })).status, 400);
  t.is((await api.call("PUT", `${path}/phone/note`, { user: "someone" }, { note: "x" })).status, 403);

  phone.terminate();
  await eventually(async () => (await of("phone"))?.online === false, 5_000, "the phone is offline");
  t.like(await of("phone"), { note: "厨房", device_name: "手机" });
  // An edge that dies takes its sockets with it.
  api.system.edge(1).kill("SIGKILL");
  await eventually(async () => (await of("laptop"))?.online === false, 5_000, "the laptop is offline");
  laptop.terminate();
  t.is((await api.call("GET", `${path}?user_id=nobody`, admin)).body.total as number, 0);
});
