import anyTest, { type ExecutionContext, type TestFn } from "ava";
import { type AnyFrame, WireSocket } from "../../_kit/clients/wire-socket.ts";
import { getBytes, tinyPng, uploaded } from "../../_kit/fakes/files.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ api: Api }>;
const admin = { user: "admin" };

test.before(async (t) => {
  t.context = {
    api: await Api.start({ env: { OPENAI_BASE_URL: "", OPENAI_API_KEY: "", OPENAI_MODEL: "" } }),
  };
});
test.after.always((t) => t.context.api?.stop());

type T = ExecutionContext<{ api: Api }>;

async function open(t: T, session: string): Promise<WireSocket> {
  const port = t.context.api.system.ports()[0] ?? 0;
  const socket = await WireSocket.open(t, port, `/ws/chat?token=${mintToken("admin")}&session_id=${session}`);
  await socket.frame({ type: "connected" });
  return socket;
}

function message(id: string, attachments: unknown[], content = "look"): AnyFrame {
  return { type: "message", content, client_msg_id: id, attachments };
}

async function history(t: T, session: string): Promise<AnyFrame[]> {
  const { body } = await t.context.api.call("GET", `/api/v1/sessions/${session}/messages`, admin);
  return body.messages as AnyFrame[];
}

test("a file by its id or address stands in echo and history with all that is known of it", async (t) => {
  const { api } = t.context;
  const picture = await uploaded(api, admin, { name: "cat.png", type: "image/png", bytes: tinyPng });
  const note = await uploaded(api, admin, { name: "note.md", type: "text/markdown", bytes: "# hi" });
  const [sender, other] = [await open(t, "s1"), await open(t, "s1")];
  const relative = `/api/v1/files/${note}/download`;
  sender.send(
    message("m1", [
      { type: "image", file_id: picture, width: 1, height: 1, description: "a cat", filename: "lies.exe" },
      { type: "file", url: relative },
    ]),
  );
  const expected = [
    {
      ...{ type: "image", file_id: picture, filename: "cat.png", mime_type: "image/png" },
      ...{ size: tinyPng.length, url: `/api/v1/files/${picture}/download` },
      ...{ thumbnail_url: `/api/v1/files/${picture}/thumbnail`, width: 1, height: 1, description: "a cat" },
    },
    { type: "file", file_id: note, filename: "note.md", mime_type: "text/markdown", size: 4, url: relative },
  ];
  const echo = await other.frame({ type: "response", role: "user", session_id: "s1" });
  t.deepEqual(echo.attachments, expected);
  await sender.frame({ type: "stream_end", session_id: "s1" });
  t.deepEqual((await history(t, "s1"))[0]?.attachments, expected);
});

test("a data URI becomes a file, once for one message", async (t) => {
  const { api } = t.context;
  const socket = await open(t, "s2");
  const url = `data:image/png;base64,${tinyPng.toString("base64")}`;
  const frame = message("m2", [{ type: "image", url, filename: "paste.png" }], "");
  socket.send(frame);
  await socket.frame({ type: "stream_end", session_id: "s2" });
  socket.send(frame);
  await socket.frame({ type: "accepted", duplicate: true });
  const [stored] = ((await history(t, "s2"))[0]?.attachments ?? []) as AnyFrame[];
  t.like(stored, { type: "image", filename: "paste.png", mime_type: "image/png", size: tinyPng.length });
  const { bytes } = await getBytes(api, admin, stored?.url as string);
  t.true(bytes.equals(tinyPng));
  const { body } = await api.call("GET", "/api/v1/files?limit=100", admin);
  t.is((body.files as AnyFrame[]).filter(({ filename }) => filename === "paste.png").length, 1);
});

test("what is not one's own, or nothing, is refused and the socket stays open", async (t) => {
  const { api } = t.context;
  const hers = await uploaded(
    api,
    { user: "user_eve" },
    { name: "e.png", type: "image/png", bytes: tinyPng },
  );
  const socket = await open(t, "s3");
  const wrong: [AnyFrame, string][] = [
    [{ type: "image", file_id: hers }, "not_found"],
    [{ type: "image", url: `/api/v1/files/${hers}/download` }, "not_found"],
    [{ type: "image", file_id: "unknown" }, "not_found"],
    [{ type: "image", file_id: "../x" }, "invalid_request"],
    [{ type: "image" }, "invalid_message"],
    [{ type: "image", url: "file:///etc/passwd" }, "invalid_message"],
    [{ type: "image", url: "data:image/png;base64,%%%" }, "invalid_message"],
    [{ type: "image", url: "data:image/png;base64,aGVsbG8=" }, "unsupported_type"],
  ];
  for (const [index, [attachment, errorType]] of wrong.entries()) {
    socket.send(message(`w${index}`, [attachment]));
    const error = await socket.frame({ type: "error", client_msg_id: `w${index}` });
    t.is(error.errorType, errorType, JSON.stringify(attachment));
  }
  socket.send({ type: "message", content: "still here", client_msg_id: "after" });
  await socket.frame({ type: "stream_end", session_id: "s3" });
  t.deepEqual(
    (await history(t, "s3")).filter(({ role }) => role === "user").map(({ content }) => content as string),
    ["still here"],
  );
});

test("messages keep their order where one has to be made ready", async (t) => {
  const socket = await open(t, "s4");
  const url = `data:text/plain;base64,${Buffer.alloc(500_000, "text ").toString("base64")}`;
  socket.send(message("o1", [{ type: "file", url }], "first"));
  socket.send({ type: "message", content: "second", client_msg_id: "o2" });
  socket.send({ type: "message", content: "third", client_msg_id: "o3" });
  await socket.until(
    () => socket.frames.filter((f) => f.type === "stream_end" && f.session_id === "s4").length === 3,
    "three replies",
  );
  const said = (await history(t, "s4")).filter(({ role }) => role === "user");
  t.deepEqual(
    said.map(({ content }) => content as string),
    ["first", "second", "third"],
  );
});
