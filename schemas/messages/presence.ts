import { presenceConnectedSchema } from "../documents/notification.ts";
import { defineRequest, defineSignal, emptySchema } from "./define.ts";

export const presence = defineRequest({
  name: "presence.of",
  doc: "Asks whether a user has sockets. Only edges that have some serve it, so that nobody is a quick answer.",
  subject: "presence.of.{user}",
  message: presenceConnectedSchema,
  answer: emptySchema,
  timeout: "presenceMs",
  publishers: ["notifications"],
  listeners: ["edge"],
});

export const presenceConnected = defineSignal({
  name: "presence.connected",
  doc: "A user has connected a socket: what they missed can be delivered.",
  subject: "presence.connected",
  message: presenceConnectedSchema,
  queue: "presence",
  publishers: ["edge"],
  listeners: ["notifications"],
});
