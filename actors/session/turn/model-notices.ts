import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { OutItem, SystemInfo } from "../../../schemas/wire/server-frame.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import type { ModelNote } from "../../models/model.ts";

/** How long a session is not told again that no model is configured, or that nobody speaks, ms. */
const quietMs = 300_000;
const rememberedSessions = 10_000;

/**
 * A note of a model; `silent`: nobody speaks a reply that was asked for aloud; `blind`: the model that answers can't see the
 * images of the message.
 */
export type Note = ModelNote | { kind: "silent" } | { kind: "blind" };

/** Tells users where their answers come from, when that is not where they would expect. */
export class ModelNotices {
  readonly #told = new Map<string, number>();

  /** The frame that tells of `note`; none where the session was told the same a short while ago. `now`: monotonic ms. */
  frameOf({ user, session }: SessionInput, note: Note, now = performance.now()): OutItem | undefined {
    const often = note.kind === "fallback" || note.kind === "blind";
    if (!often && !this.#due(`${note.kind}.${user}.${session}`, now)) return undefined;
    const system_info = noticeOf(note);
    return {
      frame: {
        type: "system_info",
        msg_type: "system_info",
        session_id: session,
        system_info,
        timestamp: Date.now(),
      },
    };
  }

  #due(key: string, now: number): boolean {
    const before = this.#told.get(key);
    if (before !== undefined && now - before < quietMs) return false;
    this.#told.delete(key);
    this.#told.set(key, now);
    if (this.#told.size > rememberedSessions) this.#told.delete(this.#told.keys().next().value ?? "");
    return true;
  }
}

/** Tells the sender of a message, each kind of note once: for one message models may be asked several times. */
export function tellOnce(
  notices: Pick<ModelNotices, "frameOf">,
  out: Pick<OutPublisher, "frame">,
  input: SessionInput,
): (note: Note) => void {
  const noted = new Set<Note["kind"]>();
  return (note) => {
    if (noted.has(note.kind)) return;
    noted.add(note.kind);
    const told = notices.frameOf(input, note);
    if (told !== undefined) out.frame(input.user, told);
  };
}

function noticeOf(note: Note): SystemInfo {
  if (note.kind === "silent") {
    return { level: "warning", message: "语音合成暂不可用，回复仅以文字显示", action: "voice_unavailable" };
  }
  if (note.kind === "blind") {
    return {
      level: "warning",
      message: "当前模型不能查看图片，只得到了图片的文件名和本地测量结果",
      action: "image_not_seen",
    };
  }
  if (note.kind === "fallback") {
    return {
      level: "warning",
      message: `模型 ${note.from} 暂不可用，已改由 ${note.to} 回复`,
      action: "model_fallback",
    };
  }
  const answering = note.model === undefined ? "无法回复" : `由内置模型 ${note.model} 回复`;
  return {
    level: "warning",
    message: `尚未配置模型，${answering}；请在管理页面添加 Provider 与模型`,
    action: "configure_model",
  };
}
