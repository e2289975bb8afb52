import test from "ava";
import { chatChunkSchema, openaiErrorSchema } from "../../../../schemas/wire/openai.ts";
import { type AnyFrame, WireSocket } from "../../../_kit/clients/wire-socket.ts";
import { Api } from "../../../_kit/worlds/api.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

let api: Api;

test.before(async () => {
  api = await Api.start({ env: { OPENAI_MODEL: "slow:3x5" } });
});
test.after.always(() => api?.stop());

/** Sends one frame of the Cyber Engine; resolves with all of its answer. */
async function ask(socket: WireSocket, frame: unknown): Promise<AnyFrame[]> {
  const from = socket.frames.length;
  socket.send(frame);
  return socket.until(() => {
    const frames = socket.frames.slice(from);
    const isLast = ({ error, choices }: AnyFrame) => error !== undefined || choices[0].finish_reason !== null;
    return frames.some(isLast) && frames;
  }, "the end of an answer");
}

test("each chunk names the model: the one that was asked for, or the first of the chain", async (t) => {
  const socket = await WireSocket.open(t, api.system.ports()[0] ?? 0, `/${mintToken("user_model")}`);
  for (const [frame, model] of [
    [{ content: "by default" }, "slow:3x5"],
    [{ content: "by name", model: "ena-test" }, "ena-test"],
    [{ content: "/version" }, "slow:3x5"],
    [{ content: "/clear", model: "ena-test" }, "ena-test"],
  ] as const) {
    const chunks = (await ask(socket, frame)).map((chunk) => chatChunkSchema.parse(chunk));
    t.deepEqual([...new Set(chunks.map((chunk) => chunk.model))], [model], frame.content);
  }
});

test("an unknown model is an error of the request, and the next message is answered", async (t) => {
  const socket = await WireSocket.open(t, api.system.ports()[0] ?? 0, `/${mintToken("user_unknown")}`);
  const [error] = await ask(socket, { content: "hello", model: "nobody's" });
  t.like(openaiErrorSchema.parse(error).error, { type: "invalid_request_error", code: "model_not_found" });
  const frames = await ask(socket, { content: "hello" });
  t.is(frames.map(({ choices }) => choices[0].delta.content ?? "").join(""), "hello");
});
