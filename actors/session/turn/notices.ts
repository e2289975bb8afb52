import type { OutItem } from "../../../schemas/messages/out-item.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { SystemInfo } from "../../../schemas/wire/server-frame.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import type { ModelNote } from "../../models/model.ts";

/** Between two identical notices to one session, ms. */
const quietMs = 300_000;
const maxSessions = 10_000;

/**
 * A notice about a reply: a note of the model; `silent`: speech was requested but no engine is available;
 * `blind`: the model can't see the images of the message.
 */
export type Notice = ModelNote | { kind: "silent" } | { kind: "blind" };

/** Builds `system_info` frames about replies that are degraded or come from a fallback model. */
export class ModelNotices {
  readonly #sentAt = new Map<string, number>();

  /** The frame of a notice; none if the session received the same one recently. `now`: monotonic ms. */
  frameOf({ user, session }: SessionInput, note: Notice, now = performance.now()): OutItem | undefined {
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
    const before = this.#sentAt.get(key);
    if (before !== undefined && now - before < quietMs) return false;
    this.#sentAt.delete(key);
    this.#sentAt.set(key, now);
    if (this.#sentAt.size > maxSessions) this.#sentAt.delete(this.#sentAt.keys().next().value ?? "");
    return true;
  }
}

/** Sends each kind of notice once per message, as several models may be requested for one. */
export function notifyOnce(
  notices: Pick<ModelNotices, "frameOf">,
  out: Pick<OutPublisher, "frame">,
  input: SessionInput,
): (note: Notice) => void {
  const sent = new Set<Notice["kind"]>();
  return (note) => {
    if (sent.has(note.kind)) return;
    sent.add(note.kind);
    const frame = notices.frameOf(input, note);
    if (frame !== undefined) out.frame(input.user, frame);
  };
}

function noticeOf(note: Notice): SystemInfo {
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
