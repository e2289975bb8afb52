import test from "ava";
import OpenAI, { type APIError, toFile } from "openai";
import { Api } from "../../_kit/worlds/api.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

test("each spoken text of /v1 counts as a message, one that was refused does not", async (t) => {
  const env = { QUOTA_DAY_MESSAGES: "2" };
  const api = await Api.start({ actorCommand: rolesCommand("account", "session", "voice"), env });
  t.teardown(() => api.stop());
  const apiKey = mintToken("thrifty");
  const client = new OpenAI({ baseURL: `${api.system.url()}/v1`, apiKey, maxRetries: 0 });
  const speak = (model: string) =>
    client.audio.speech.create({ model, voice: "alloy", input: "Hello." }).then(
      ({ status }) => status,
      (error: unknown) => (error as APIError).status,
    );
  t.is(await speak("no-such-mouth"), 404);
  const noise = await client.audio.transcriptions
    .create({ model: "whisper-1", file: await toFile(Buffer.from("noise"), "a.mp3") })
    .catch((error: unknown) => (error as APIError).status);
  t.is(noise, 502);
  t.deepEqual([await speak("tts-1"), await speak("tts-1"), await speak("tts-1")], [200, 200, 429]);
  const { body } = await api.call("GET", "/api/v1/quota", { user: "thrifty" });
  t.is(body.day.messages, 2);
});
