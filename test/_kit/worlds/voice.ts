import type { ExecutionContext } from "ava";
import { type AnyFrame, WireSocket } from "../clients/wire-socket.ts";
import { letterMs, sayLetters, wavOf } from "../fakes/upstream-audio.ts";
import { eventually } from "../judge/waiting.ts";
import { Api } from "./api.ts";
import type { System, SystemOptions } from "./system.ts";
import { mintToken } from "./token.ts";

const admin = { user: "admin" };
const root = "/api/v1/admin/models";

/** Sessions in one process, voice in the others, and models of a scripted provider for speech and chat. */
export class VoiceWorld {
  readonly api: Api;

  private constructor(api: Api) {
    this.api = api;
  }

  /** Starts it; `stt`, `tts` and `chat` are models of the scripted provider. */
  static async start({
    stt = "hear",
    tts = "say",
    chat = "slow:4x20",
    ...options
  }: SystemOptions & { stt?: string; tts?: string; chat?: string } = {}): Promise<VoiceWorld> {
    const roles = (index: number) => (index === 0 ? ["account", "admin", "session"] : ["voice"]);
    const env = { OPENAI_BASE_URL: "", OPENAI_API_KEY: "", OPENAI_MODEL: "", ...options.env };
    const api = await Api.start({ actors: 2, actorRoles: roles, ...options, env });
    const world = new VoiceWorld(api);
    await world.#configure({ stt, tts, chat }).catch(async (error: unknown) => {
      await api.stop();
      throw error;
    });
    return world;
  }

  get system(): System {
    return this.api.system;
  }

  /** The process that runs the voice role. */
  get voice() {
    return this.system.actor(1);
  }

  stop(): Promise<void> {
    return this.api.stop();
  }

  /** A connected socket of the administrator. */
  async socket(t: Pick<ExecutionContext, "teardown">, session: string): Promise<WireSocket> {
    const path = `/ws/chat?token=${mintToken("admin")}&session_id=${session}`;
    const socket = await WireSocket.open(t, this.system.edge(0).port, path);
    await socket.frame({ type: "connected" });
    return socket;
  }

  /** A session's history, oldest first. */
  async history(session: string): Promise<AnyFrame[]> {
    const { body } = await this.api.call("GET", `/api/v1/sessions/${session}/messages`, admin);
    return (body.messages ?? []) as AnyFrame[];
  }

  /** Texts that the provider was asked to synthesise, in order. */
  async spoken(): Promise<string[]> {
    return (await this.calls("speech")).map(({ text }) => text);
  }

  /** Requests to the provider: for transcription (`hear`) or `speech`. */
  async calls(behaviour: "hear" | "speech"): Promise<{ text: string }[]> {
    const calls = await fetch(`http://127.0.0.1:${this.system.upstream.port}/calls`);
    const listed = (await calls.json()) as { behaviour: string; text: string }[];
    return listed.filter((call) => call.behaviour === behaviour);
  }

  async #configure(names: Record<"stt" | "tts" | "chat", string>): Promise<void> {
    await this.#post("providers/up", {
      base_url: `http://127.0.0.1:${this.system.upstream.port}/v1`,
      api_key: "sk",
    });
    await this.#post("models/context", { provider: "up", name: "context:1x0", enabled: true, priority: 9 });
    for (const [purpose, name] of Object.entries(names)) {
      await this.#post(`models/for-${purpose}`, { provider: "up", name, enabled: true });
      await this.#post(`routing/${purpose}`, { purpose, fallback_chain: [`for-${purpose}`], required: true });
    }
    await eventually(
      async () => {
        const { stt, tts } = (await this.api.call("GET", "/api/v1/voice/status", admin)).body as AnyFrame;
        return stt?.engine === "for-stt" && tts?.engine === "for-tts";
      },
      10_000,
      "the voice process knows its engines",
    );
  }

  async #post(path: string, body: object): Promise<void> {
    const { status, text } = await this.api.call("POST", `${root}/${path}`, admin, body);
    if (status !== 200) throw new Error(`${path}: ${text}`);
  }
}

/** Base64 of raw samples that are recognised as these letters. */
export function pcmOf(letters: string): string {
  return sayLetters(letters).toString("base64");
}

/** Base64 of a WAV file that is recognised as these letters. */
export function wavBase64(letters: string): string {
  return wavOf(sayLetters(letters), 16_000).toString("base64");
}

/** Duration of the letters' speech, ms. */
export function lengthOf(letters: string): number {
  return letters.length * letterMs;
}

/** Texts of the frames of one type and utterance, in order. */
export function textsOf(socket: WireSocket, type: string, messageId?: string): string[] {
  return socket.frames
    .filter((frame) => frame.type === type && (messageId === undefined || frame.message_id === messageId))
    .map(({ text }) => text as string);
}
