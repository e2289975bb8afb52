import { fetchOutbound } from "../../../infra/outbound-http.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { transcribe } from "../../../schemas/routes/voice.ts";
import type { Services } from "../../services.ts";

type SpokenServices = Pick<Services, "uploads" | "rest" | "settings" | "log">;

/**
 * Transcribes a voice message of a platform; `read` loads the recording.
 * @throws ParleyError with a text for
 * the sender, `service_unavailable`, `storage_unavailable`
 */
export async function spokenText(
  services: SpokenServices,
  user: string,
  read: () => Promise<Uint8Array | undefined>,
): Promise<string> {
  try {
    const bytes = await read();
    const text = bytes === undefined ? undefined : await transcribed(services, user, bytes);
    if (text !== undefined) return text;
  } catch (err) {
    if (err instanceof ParleyError && err.status === 503) throw err;
    services.log.info({ err, user }, "voice message not transcribed");
  }
  throw new ParleyError("voice_service_unreachable", { error: "暂时无法识别语音消息，请发送文字" });
}

/** Downloads a recording from a platform's address; undefined on failure. */
export async function recordingAt(
  url: string,
  { settings }: SpokenServices,
): Promise<Uint8Array | undefined> {
  const { status, body } = await fetchOutbound({ url, maxBytes: settings.limits.voiceUploadBytes }, settings);
  return status === 200 ? body : undefined;
}

/** The text of a recording, undefined when no speech was recognised. */
async function transcribed(
  { uploads, rest }: SpokenServices,
  user: string,
  bytes: Uint8Array,
): Promise<string | undefined> {
  const audio = await uploads.put(bytes, "bulk", { filename: "voice", type: "application/octet-stream" });
  try {
    const principal = { user_id: user, nickname: "", is_admin: false };
    const body = transcribe.body.parse({ audio });
    const answer = await rest.ask(transcribe, { principal, ip: "", params: {}, query: {}, body });
    const heard = transcribe.answer.safeParse(answer.body);
    return heard.success && heard.data.text.trim() !== "" ? heard.data.text.trim() : undefined;
  } finally {
    await uploads.discard([audio]);
  }
}
