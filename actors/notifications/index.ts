import { eventsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import { notificationWanted } from "../../schemas/messages/events.ts";
import { presenceConnected } from "../../schemas/messages/presence.ts";
import { pushNotification } from "../../schemas/routes/notifications.ts";
import type { ActorContext } from "../actor-context.ts";
import { onUserDeleted } from "../events/user-erasure.ts";
import { actingUser } from "../requests/acting-user.ts";
import { serveRoute } from "../requests/rest.ts";
import { Delivery } from "./delivery.ts";
import { NotificationStore } from "./notification-store.ts";
import { Presence } from "./presence.ts";

const inFlight = 128;

/** Starts delivery of notifications from actors and the API, and of pending ones when their user connects. */
export async function startNotifications(context: ActorContext): Promise<void> {
  const { bus, jsm, db, out, log, settings } = context;
  const store = new NotificationStore(db);
  const presence = new Presence(bus);
  const delivery = new Delivery(store, presence, out, settings.limits);
  await Promise.all([store.createIndexes(), ensureStream(jsm, eventsStreamConfig())]);
  const consumer = { name: "notifications", inFlight, onlyNew: true };
  await bus.consume(notificationWanted, consumer, async (event) => {
    await delivery.deliver(event);
  });
  await onUserDeleted(context, "notifications-erasure", (user) => store.eraseUser(user));
  serveRoute(context, pushNotification, async ({ principal, body }) => {
    const { user_id, ...rest } = body;
    const user = actingUser(principal, user_id);
    const notification = { id: crypto.randomUUID(), timestamp: new Date().toISOString(), ...rest };
    const delivered = await delivery.deliver({ user, notification });
    return { success: true as const, notification: { ...notification, user_id: user, delivered } };
  });
  bus.listen(presenceConnected, ({ user }) => {
    delivery
      .catchUp(user)
      .catch((err: unknown) => log.warn({ err, user }, "pending notifications not delivered"));
  });
}
