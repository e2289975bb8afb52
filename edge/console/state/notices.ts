import { effect, signal } from "@preact/signals";
import type { Frame, FrameOf } from "../../client/index.ts";
import { client, profile, signedIn } from "./account.ts";
import { toast } from "./toasts.ts";

export type Notification = FrameOf<"notification">["notification"];

const most = 200;
const key = () => `parley.notifications.${profile.value?.user_id ?? ""}`;

/** Notifications that came to this device, the newest first, and which of them were read. */
export const notifications = signal<readonly (Notification & { read?: boolean })[]>([]);

/** How ingestion of documents goes, by document id. */
export const ingestion = signal<ReadonlyMap<string, FrameOf<"knowledge_progress">["knowledge_progress"]>>(
  new Map(),
);

/** Shows what the server tells everybody of a user's devices. */
export function listenForNotices(): void {
  effect(() => {
    if (profile.value === undefined) return;
    const kept = localStorage.getItem(key());
    notifications.value = kept === null ? [] : (JSON.parse(kept) as Notification[]);
  });
  effect(() => (signedIn.value ? client().on("*", heard) : undefined));
}

/** Marks notifications as read. */
export function markAllRead(): void {
  keep(notifications.value.map((one) => ({ ...one, read: true })));
}

/** Forgets the notifications of this device. */
export function clearNotifications(): void {
  keep([]);
}

function keep(list: readonly (Notification & { read?: boolean })[]): void {
  notifications.value = list.slice(0, most);
  localStorage.setItem(key(), JSON.stringify(notifications.value));
}

function heard(frame: Frame): void {
  if (frame.type === "system_info") toast(frame.system_info.level, frame.system_info.message);
  if (frame.type === "multi_message")
    for (const { content } of frame.multi_message.messages) toast("info", content);
  if (frame.type === "notification") {
    const { notification } = frame;
    const level =
      notification.type === "warning" || notification.type === "success" ? notification.type : "info";
    toast(level, notification.title, notification.body);
    keep([notification, ...notifications.value.filter(({ id }) => id !== notification.id)]);
  }
  if (frame.type === "knowledge_progress") {
    const { knowledge_progress } = frame;
    ingestion.value = new Map(ingestion.value).set(knowledge_progress.document_id, knowledge_progress);
  }
}
