import { z } from "zod";
import {
  bridgeAnswerSchema,
  bridgeAskSchema,
  bridgeReplySchema,
  platformSchema,
} from "../documents/bridge.ts";
import { defineLog, defineRequest, defineSignal } from "./define.ts";
import { streams } from "./subjects.ts";

export const bridgeReply = defineLog({
  name: "bridge.out",
  doc: "A whole reply for a chat platform; it waits until the bot that it is for is connected.",
  subject: "bridge.out.{platform}.{self}",
  stream: streams.bridge,
  message: bridgeReplySchema,
  key: ({ address }) => ({ platform: address.platform, self: address.self }),
  id: ({ id }) => id,
  publishers: ["session"],
  listeners: ["bridge"],
});

export const bridgeAsk = defineRequest({
  name: "bridge.ask",
  doc: "Asks for, makes or ends the binding of a platform's account to a user.",
  subject: "bridge.ask",
  message: bridgeAskSchema,
  answer: bridgeAnswerSchema,
  queue: "rest",
  timeout: "requestTimeoutMs",
  publishers: ["bridge"],
  listeners: ["bindings"],
});

export const bindingChanged = defineSignal({
  name: "bridge.bound",
  doc: "A binding has changed: edges that remember it forget it.",
  subject: "bridge.bound",
  message: z.object({
    platform: platformSchema.describe("The platform."),
    external_id: z.string().describe("The account on it."),
  }),
  publishers: ["bindings"],
  listeners: ["bridge"],
});

export const botConnected = defineSignal({
  name: "bridge.here",
  doc: "A bot has connected: its older connections of the same role end, on whatever edge they are.",
  subject: "bridge.here",
  message: z.object({
    socket: z.string().describe("Id of the new socket."),
    self: z.string().describe("The bot's own id."),
    role: z.string().describe("Role of the connection."),
  }),
  publishers: ["bridge"],
  listeners: ["bridge"],
});
