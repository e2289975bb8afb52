import { z } from "zod";
import { deviceAnswerSchema, deviceAskSchema, deviceUpdateSchema } from "../documents/device.ts";
import { idSchema } from "../ids.ts";
import { defineLog, defineRequest, defineSignal } from "./define.ts";
import { devicePartitionOf, streams } from "./subjects.ts";

export const discoveryConfig = defineLog({
  name: "homeassistant.config",
  doc: "A device announces itself as Home Assistant's MQTT discovery defines it; an empty payload takes it back.",
  subject: "homeassistant.{component}.{user}.{object}.config",
  stream: streams.discovery,
  message: z.string(),
  encoding: "text",
  publishers: ["device"],
  listeners: ["devices"],
});

/** What devices publish in MQTT below `device/<user>/` is stored, too: as their own JSON or text, read by the adapters. */
export const deviceUpdated = defineLog({
  name: "device.update",
  doc: "A device's new state, as the REST API takes it; devices publish the same over MQTT.",
  subject: "device.{user}.{device}.update",
  stream: streams.devices,
  message: deviceUpdateSchema,
  publishers: ["devices", "device"],
  listeners: ["devices"],
});

export const deviceTopic = defineLog({
  name: "device.topic",
  doc: "Any message below `device/<user>/` in MQTT's terms: discovery documents, and the birth message of Parley.",
  subject: "device.{user}.{topic>}",
  stream: streams.devices,
  message: z.string(),
  encoding: "text",
  publishers: ["devices", "device"],
  listeners: ["devices", "device"],
});

export const deviceCommand = defineLog({
  name: "command",
  doc: "A command on its way to a device; the stream republishes it below `device.<user>.`.",
  subject: "command.{user}.{topic>}",
  stream: streams.commands,
  message: z.string(),
  encoding: "text",
  publishers: ["devices"],
  listeners: ["nats-server", "device"],
});

export const deviceAsk = defineRequest({
  name: "telemetry.ask",
  doc: "A request to the actor that owns a user's devices: store, forget, read, command.",
  subject: "telemetry.ask.{partition}",
  message: deviceAskSchema,
  answer: deviceAnswerSchema,
  key: ({ user }) => ({ partition: devicePartitionOf(user) }),
  timeout: 4_000,
  publishers: ["devices", "automation"],
  listeners: ["devices"],
});

export const deviceRefused = defineSignal({
  name: "refused.device",
  doc: "A publish of a user's device that nats-server has dropped, for the list that its owner sees.",
  subject: "refused.device.{user}",
  message: z.object({
    user: idSchema.describe("Id of the user."),
    topic: z.string().describe("MQTT topic."),
    reason: z.string().describe("Why it was dropped."),
    count: z.int().positive().describe("How often it happened."),
  }),
  queue: "devices",
  publishers: ["nats-server"],
  listeners: ["devices"],
});
