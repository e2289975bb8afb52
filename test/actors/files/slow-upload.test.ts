import { connect, type Socket } from "node:net";
import anyTest, { type TestFn } from "ava";
import { textOfSize } from "../../_kit/fakes/files.ts";
import { FileVault } from "../../_kit/judge/file-vault.ts";
import { eventually, lasting, within } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ api: Api; vault: FileVault }>;
const size = 2 * 1024 * 1024;
/** Longer than uWebSockets.js waits for a silent client by itself. */
const pauseMs = 14_000;

test.before(async (t) => {
  const api = await Api.start({ env: { LIMIT_UPLOAD_SILENCE_MS: "20000" } });
  t.context = { api, vault: await FileVault.open(api.system) };
});
test.after.always(async (t) => {
  await t.context.vault?.close();
  await t.context.api?.stop();
});

const head =
  '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n';
const tail = "\r\n--x--\r\n";

/** An upload of `size` bytes of which half is sent; what is answered, once it is. */
function half(api: Api): { socket: Socket; answer: Promise<string> } {
  const socket = connect(api.system.edge(0).port, "127.0.0.1");
  socket.write(
    [
      "POST /api/v1/files/upload HTTP/1.1",
      "Host: localhost",
      `Authorization: Bearer ${mintToken("user_anna")}`,
      "Content-Type: multipart/form-data; boundary=x",
      `Content-Length: ${head.length + size + tail.length}`,
      "",
      head,
    ].join("\r\n"),
  );
  socket.write(textOfSize(size / 2));
  const answer = new Promise<string>((resolve) => {
    socket.once("data", (data) => resolve(String(data)));
    socket.once("error", (error) => resolve(String(error)));
    socket.once("close", () => resolve("closed"));
  });
  return { socket, answer };
}

test("a client that is silent for a while can go on; one that stays silent is told", async (t) => {
  const { api, vault } = t.context;
  const [patient, dead] = [half(api), half(api)];
  await eventually(async () => (await vault.pieces()) >= 4, 20_000, "what was sent is stored");
  await lasting(pauseMs);
  patient.socket.write(textOfSize(size / 2));
  patient.socket.write(tail);
  t.regex(await within(patient.answer, 20_000, "its answer"), /^HTTP\/1.1 201 /);
  t.regex(await within(dead.answer, 30_000, "its answer"), /^HTTP\/1.1 400 [\s\S]*请求体接收超时/);
  await eventually(async () => (await vault.pieces()) === 8, 20_000, "nothing of it is left");
  for (const { socket } of [patient, dead]) socket.destroy();
});
