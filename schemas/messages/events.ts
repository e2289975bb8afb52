import { z } from "zod";
import { userDeletedSchema, zoneChangedSchema } from "../documents/account.ts";
import { devicesUpdatedSchema } from "../documents/device.ts";
import { notificationEventSchema } from "../documents/notification.ts";
import { idSchema } from "../ids.ts";
import { defineEvent } from "./define.ts";
import { turnsCompletedSchema } from "./event.ts";
import { streams } from "./subjects.ts";

const stream = streams.events;

/** The last token of every event is the user's it concerns. */
export const turnsCompleted = defineEvent({
  name: "event.turn.completed",
  doc: "Turns of one user that were committed at about the same time, in their order.",
  subject: "event.turn.completed.{user}",
  stream,
  message: turnsCompletedSchema,
  key: ({ turns }) => ({ user: turns[0]?.user ?? "" }),
  publishers: ["session"],
  listeners: ["memory", "search", "automation"],
});

export const userDeleted = defineEvent({
  name: "event.user.deleted",
  doc: "A user was deleted: whatever is stored of them is erased. Twice is the same as once.",
  subject: "event.user.deleted.{user}",
  stream,
  message: userDeletedSchema,
  id: ({ id }) => id,
  publishers: ["account"],
  listeners: ["actors"],
});

export const zoneChanged = defineEvent({
  name: "event.zone.changed",
  doc: "A user's time zone has changed: what follows their clock is planned again.",
  subject: "event.zone.changed.{user}",
  stream,
  message: zoneChangedSchema,
  publishers: ["account"],
  listeners: ["automation"],
});

export const notificationWanted = defineEvent({
  name: "event.notification",
  doc: "A user is to be notified. The id of the notification makes a repetition one.",
  subject: "event.notification.{user}",
  stream,
  message: notificationEventSchema,
  id: ({ notification }) => notification.id,
  publishers: ["automation", "reminders"],
  listeners: ["notifications", "automation"],
});

export const devicesUpdated = defineEvent({
  name: "event.device.updated",
  doc: "What happened to a user's devices within a few milliseconds.",
  subject: "event.device.updated.{user}",
  stream,
  message: devicesUpdatedSchema,
  publishers: ["devices"],
  listeners: ["automation"],
});

export const customEvent = defineEvent({
  name: "event.custom",
  doc: "An event that a user's program has published for their rules.",
  subject: "event.custom.{name}.{user}",
  stream,
  message: z.object({
    user: idSchema.describe("The user whose rules it is for."),
    name: idSchema.describe("Name that the program gave it."),
    data: z.record(z.string(), z.unknown()).describe("What the program says."),
    at: z.int().describe("When it was published, Unix ms."),
  }),
  publishers: ["automation"],
  listeners: ["automation"],
});

/** Any event, as rules look at it: each kind is read by its own schema afterwards. */
export const anyEvent = defineEvent({
  name: "event",
  doc: "Any event; the triggers of rules read all of them.",
  subject: "event.>",
  stream,
  message: z.looseObject({}),
  publishers: ["actors"],
  listeners: ["automation"],
});
