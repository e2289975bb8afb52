import type {
  Notification,
  NotificationDocument,
  NotificationEvent,
} from "../../schemas/documents/notification.ts";
import type { Limits } from "../../schemas/limits.ts";
import { outBatchFrames } from "../../schemas/messages/out-batch.ts";
import type { OutItem } from "../../schemas/messages/out-item.ts";
import type { OutPublisher } from "../egress/out-publisher.ts";
import type { NotificationStore } from "./notification-store.ts";
import type { Presence } from "./presence.ts";

/** Sends notifications to the devices of connected users and stores them for the others. */
export class Delivery {
  readonly #store: NotificationStore;
  readonly #presence: Presence;
  readonly #out: Pick<OutPublisher, "final">;
  readonly #limits: Pick<Limits, "userNotifications">;

  constructor(
    store: NotificationStore,
    presence: Presence,
    out: Pick<OutPublisher, "final">,
    limits: Pick<Limits, "userNotifications">,
  ) {
    this.#store = store;
    this.#presence = presence;
    this.#out = out;
    this.#limits = limits;
  }

  /**
   * Sends a notification, once however often it is called; false when the user is offline and it stays
   * pending.
   */
  async deliver(event: NotificationEvent): Promise<boolean> {
    const { user, session_id, notification } = event;
    // Store first: a device that connects after the presence check then finds it.
    if (await this.#store.keep(event)) return true;
    if (!(await this.#presence.has(user))) {
      await this.#store.trim(user, this.#limits.userNotifications);
      return false;
    }
    await this.#out.final(user, [itemOf(notification, session_id)], `${notification.id}.shown`);
    await this.#store.delivered(user, [notification.id]);
    return true;
  }

  /** Sends the pending notifications of a user who has connected: each one, then a summary message. */
  async catchUp(user: string): Promise<void> {
    for (;;) {
      const waiting = await this.#store.waiting(user, outBatchFrames - 1);
      const last = waiting.at(-1);
      if (last === undefined) return;
      const items = [...waiting.map((one) => itemOf(toNotification(one), one.session_id)), summary(waiting)];
      await this.#out.final(user, items, `${last._id}.${waiting.length}.missed`);
      await this.#store.delivered(
        user,
        waiting.map(({ _id }) => _id),
      );
    }
  }
}

function itemOf(notification: Notification, session_id: string | undefined): OutItem {
  return {
    frame: {
      type: "notification",
      ...(session_id !== undefined && { session_id }),
      notification,
      timestamp: Date.now(),
    },
  };
}

function summary(waiting: readonly NotificationDocument[]): OutItem {
  const messages = waiting.map(({ title, body }, index) => ({
    index,
    content: body === title ? title : `${title}: ${body}`,
    msg_type: "system_info" as const,
  }));
  return {
    frame: {
      type: "multi_message",
      role: "system",
      msg_type: "system_info",
      multi_message: { messages },
      timestamp: Date.now(),
    },
  };
}

function toNotification({ _id, type, title, body, data, at }: NotificationDocument): Notification {
  return { id: _id, type, title, body, timestamp: at.toISOString(), ...(data !== undefined && { data }) };
}
