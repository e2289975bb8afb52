import type { JetStreamManager } from "@nats-io/jetstream";
import { filterOf } from "../../schemas/messages/define.ts";
import {
  customEvent,
  devicesUpdated,
  notificationWanted,
  turnsCompleted,
  zoneChanged,
} from "../../schemas/messages/events.ts";
import { streams } from "../../schemas/messages/subjects.ts";

/** Removes the events of a deleted user from EVENTS. `user.deleted` stays: other consumers have yet to read it. */
export async function eraseEvents(jsm: JetStreamManager, user: string): Promise<void> {
  const personal = [turnsCompleted, devicesUpdated, notificationWanted, zoneChanged, customEvent];
  for (const entry of personal)
    await jsm.streams.purge(streams.events, { filter: filterOf(entry, { user }) });
}
