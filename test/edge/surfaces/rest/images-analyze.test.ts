import test from "ava";
import sharp from "sharp";
import { upload, uploaded } from "../../../_kit/fakes/files.ts";
import { bomb, drawn, photo, redCircle } from "../../../_kit/fakes/pictures.ts";
import { startRecordingProvider } from "../../../_kit/fakes/recording-provider.ts";
import { eventually } from "../../../_kit/judge/waiting.ts";
import { Api, type Caller } from "../../../_kit/worlds/api.ts";
import { rolesCommand } from "../../../_kit/worlds/roles.ts";

const path = "/api/v1/images/analyze";
const ann: Caller = { user: "ann" };
const actorCommand = rolesCommand("session", "files", "images");

let api: Api;

// Without a model that sees.
test.before(async () => {
  api = await Api.start({ actorCommand, env: { OPENAI_BASE_URL: "", OPENAI_MODEL: "" } });
});
test.after.always(() => api?.stop());

test("a picture is analysed by file_id, by GET and in the request, the same each time", async (t) => {
  const circle = await redCircle();
  const id = await uploaded(api, ann, { name: "circle.png", type: "image/png", bytes: circle });
  const byId = await api.call("POST", path, ann, { file_id: id });
  t.is(byId.status, 200, byId.text);
  t.like(byId.body, {
    format: "png",
    width: 400,
    height: 300,
    file_size: circle.length,
    exif: {},
    analyzed_by: "local",
  });
  t.deepEqual(
    (byId.body.top_colors as { hex: string }[]).map(({ hex }) => hex),
    ["#FFFFFF", "#FF0000"],
  );
  t.regex(String(byId.body.description), /PNG 图片，400×300.*白色 80%、红色 20%.*未识别画面内容/s);
  t.deepEqual((await api.call("GET", `${path}/${id}`, ann)).body, byId.body);
  for (const field of ["file", "image"]) {
    const sent = await upload(
      api,
      ann,
      { name: "circle.png", type: "image/png", bytes: circle },
      path,
      field,
    );
    t.is(sent.status, 200, sent.text);
    t.deepEqual(sent.body, byId.body);
  }
});

test("EXIF is told, the place only when asked for", async (t) => {
  const id = await uploaded(api, ann, { name: "p.jpg", type: "image/jpeg", bytes: await photo() });
  const plain = await api.call("GET", `${path}/${id}`, ann);
  t.like(plain.body, { width: 60, height: 80, exif: { Make: "Canon", Model: "EOS R5" } });
  t.false(/gps|itude/i.test(plain.text), plain.text);
  const placed = await api.call("GET", `${path}/${id}?position=true`, ann);
  t.true(
    Math.abs(Number((placed.body.exif as { latitude: number }).latitude) - 31.2304) < 0.001,
    placed.text,
  );
  t.is((await api.call("GET", `${path}/${id}?position=7`, ann)).status, 400);
});

test("a vision model describes the picture, small and without its place, at the cost of the quota; one that fails is replaced by measurements", async (t) => {
  let words = "一个红色的圆。";
  const provider = await startRecordingProvider(t, () => words);
  const env = { OPENAI_BASE_URL: provider.url, OPENAI_MODEL: "m" };
  const limits = { QUOTA_DAY_MESSAGES: "1", LIMIT_VISION_MS: "1000" };
  const seeing = await Api.start({
    actorCommand: rolesCommand("session", "files", "images", "admin"),
    env: { ...env, ...limits },
  });
  t.teardown(() => seeing.stop());
  const large = await sharp({ create: { width: 4000, height: 3000, channels: 3, background: "#f00" } })
    .jpeg()
    .withExif({ IFD0: { Make: "Canon" }, IFD3: { GPSLatitudeRef: "N", GPSLatitude: "31/1 13/1 49/1" } })
    .toBuffer();
  const file = { name: "large.jpg", type: "image/jpeg", bytes: large };
  const seen = await upload(seeing, ann, file, path, "image");
  const expected = { description: words, analyzed_by: "openai_vision", width: 4000, height: 3000 };
  t.like(seen.body, expected, seen.text);
  const call = await provider.called(() => true, "the model is asked");
  const parts = call.messages[0]?.content as unknown as { type: string; image_url?: { url: string } }[];
  const url = parts.find(({ type }) => type === "image_url")?.image_url?.url ?? "";
  const given = await sharp(Buffer.from(url.slice(url.indexOf(",") + 1), "base64")).metadata();
  t.like(given, { format: "jpeg", width: 1536, height: 1152, exif: undefined });
  const second = await upload(seeing, ann, file, path, "image");
  t.like(second, { status: 429, body: { errorType: "quota_exceeded" } });
  words = "";
  const amy: Caller = { user: "amy" };
  t.is((await upload(seeing, amy, file, path, "image")).body.analyzed_by, "local", "it said nothing");
  const spent = await seeing.call("GET", "/api/v1/quota", amy);
  t.like(spent.body.day, { messages: 0 }, "an empty reply costs nothing");

  const admin: Caller = { user: "admin" };
  const set = (what: string, body: object) =>
    seeing.call("POST", `/api/v1/admin/models/${what}`, admin, body);
  const base_url = `http://127.0.0.1:${seeing.system.upstream.port}/v1`;
  t.is((await set("providers/up", { name: "up", base_url, api_key: "k" })).status, 200);
  const model = { id: "eyes", name: "hang", provider: "up", enabled: true };
  t.is((await set("models/eyes", model)).status, 200);
  t.is((await set("routing/vision", { purpose: "vision", fallback_chain: ["eyes"] })).status, 200);
  // Each request comes from another user: one may still be described by the previous model.
  let tries = 0;
  const silent = await eventually(
    async () => {
      const before = provider.calls.length;
      const reply = await upload(seeing, { user: `bob${++tries}` }, file, path, "image");
      return provider.calls.length === before && reply;
    },
    20_000,
    "the route is known",
  );
  t.like(silent, { status: 200, body: { analyzed_by: "local" } });
  const calls = (await (await fetch(`${base_url.replace("/v1", "")}/calls`)).json()) as {
    behaviour: string;
  }[];
  t.true(calls.some(({ behaviour }) => behaviour === "hang"));
  const { body } = await seeing.call("GET", "/api/v1/quota", { user: `bob${tries}` });
  t.like(body.day, { messages: 0 }, "what came to nothing costs nothing");
});

test("what can't be analysed is refused by name, and nobody reads another's file", async (t) => {
  const id = await uploaded(api, ann, { name: "circle.png", type: "image/png", bytes: await redCircle() });
  const eve: Caller = { user: "eve" };
  for (const reply of [
    await api.call("POST", path, eve, { file_id: id }),
    await api.call("GET", `${path}/${id}`, eve),
  ])
    t.like(reply, { status: 404, body: { errorType: "not_found" } });
  t.is((await api.call("GET", `${path}/${id}`, null)).status, 401);
  const text = await uploaded(api, ann, { name: "a.txt", type: "text/plain", bytes: Buffer.from("hello") });
  t.like(await api.call("POST", path, ann, { file_id: text }), {
    status: 400,
    body: { errorType: "unsupported_type" },
  });
  for (const body of [{}, { file_id: 7 }, { file_id: "no such id!" }])
    t.like(await api.call("POST", path, ann, body), { status: 400, body: { errorType: "invalid_request" } });
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  const send = (bytes: Buffer) =>
    upload(api, ann, { name: "x.png", type: "image/png", bytes: bytes }, path, "image");
  t.like(await send(svg), { status: 400, body: { errorType: "unsupported_type" } });
  const whole = await drawn(300, 300, '<circle cx="150" cy="150" r="90" fill="#0a0"/>');
  t.like(await send(whole.subarray(0, 60)), {
    status: 400,
    body: { errorType: "invalid_image" },
  });
  t.like(await send(bomb()), { status: 400, body: { errorType: "image_too_large" } });
  const heavy = await send(Buffer.concat([whole, Buffer.alloc(10 * 1024 * 1024)]));
  t.like(heavy, { status: 400, body: { errorType: "file_too_large" } });
  t.regex(String(heavy.body.error), /10MB/);
  t.is((await send(whole)).status, 200, "and goes on");
});
