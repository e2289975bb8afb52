import test from "ava";
import { traceOf } from "../../../infra/bus/trace.ts";
import { createLogger } from "../../../infra/log.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import { filterOf } from "../../../schemas/messages/define.ts";
import { liveFrames } from "../../../schemas/messages/out.ts";
import { outBatchSchema } from "../../../schemas/messages/out-batch.ts";
import { restRequest } from "../../../schemas/messages/rest.ts";
import { sessionInput } from "../../../schemas/messages/session.ts";
import { WireSocket } from "../../_kit/clients/wire-socket.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

test("a message, its turn and its frames have one trace; a request takes up its caller's", async (t) => {
  const api = await Api.start();
  t.teardown(() => api.stop());
  const log = createLogger("test", { logLevel: "silent" });
  const nc = await connectNats({ url: api.system.engines.natsUrl, name: "test", log });
  t.teardown(() => nc.close());
  const inputs: (string | undefined)[] = [];
  const ends: (string | undefined)[] = [];
  const requests: (string | undefined)[] = [];
  const follow = (subject: string, handle: (id: string | undefined, data: Uint8Array) => void) =>
    nc.subscribe(subject, { callback: (_err, { headers, data }) => handle(traceOf(headers)?.id, data) });
  follow(filterOf(sessionInput), (id) => inputs.push(id));
  follow(filterOf(restRequest), (id) => requests.push(id));
  follow(filterOf(liveFrames), (id, data) => {
    const { items } = outBatchSchema.parse(JSON.parse(Buffer.from(data).toString()));
    if (items.some(({ frame }) => frame.type === "stream_end")) ends.push(id);
  });
  await nc.flush();
  const port = api.system.ports()[0] ?? 0;
  const socket = await WireSocket.open(t, port, `/ws/chat?token=${mintToken("admin")}&session_id=main`);
  await socket.frame({ type: "connected" });
  for (const client_msg_id of ["m1", "m2"]) {
    socket.send({ type: "message", content: "hello", client_msg_id });
    await socket.frame({ type: "stream_end", client_msg_id });
  }
  t.is(new Set(inputs).size, 2);
  t.true(inputs.every((id) => id !== undefined));
  t.deepEqual(ends, inputs);
  const id = "0af7651916cd43dd8448eb211c80319c";
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/sessions`, {
    headers: { authorization: `Bearer ${mintToken("admin")}`, traceparent: `00-${id}-b7ad6b7169203331-01` },
  });
  t.is(answer.status, 200);
  await answer.body?.cancel();
  t.true(requests.includes(id));
});
