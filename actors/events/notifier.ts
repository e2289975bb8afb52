import type { NotificationEvent } from "../../schemas/documents/notification.ts";
import { newId } from "../../schemas/ids.ts";
import { notificationWanted } from "../../schemas/messages/events.ts";
import type { ActorContext } from "../actor-context.ts";

type NotificationInput = Omit<NotificationEvent["notification"], "id" | "timestamp"> & { id?: string };

/** Publishes a notification for delivery to a user; a fixed `id` deduplicates repeated calls. */
export async function notify(
  { bus }: Pick<ActorContext, "bus">,
  user: string,
  input: NotificationInput,
  session?: string,
): Promise<void> {
  const { id = newId("ntf_"), ...rest } = input;
  const event: NotificationEvent = {
    user,
    ...(session !== undefined && { session_id: session }),
    notification: { ...rest, id, timestamp: new Date().toISOString() },
  };
  await bus.append(notificationWanted, event);
}
