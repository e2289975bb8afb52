import { z } from "zod";
import { refuseUnstorable } from "../foreign-json.ts";
import { idSchema } from "../ids.ts";

const stateSchema = z.record(z.string().max(128), z.unknown());
const nameSchema = z.string().max(128);

/** Payload of a device: state keys, merged into its last state. */
export const deviceUpdateSchema = z.object({
  state: stateSchema
    .superRefine(refuseUnstorable)
    .describe("State of the device: its keys with their values."),
  name: nameSchema.optional().describe("Name."),
  type: nameSchema.optional().describe("Kind of the device, such as `light`."),
});

/** Payload of `availability`. */
export const availabilitySchema = z.enum(["online", "offline"]);

/** Metadata of one value of a device, by its path in the state. */
export const fieldInfoSchema = z.object({
  name: z.string().optional().describe("Name of the value."),
  unit: z.string().optional().describe("Unit of measurement, such as `°C`."),
  device_class: z.string().optional().describe("What is measured, in Home Assistant's words."),
  state_class: z.string().optional().describe("How the value behaves over time, in Home Assistant's words."),
  options: z.array(z.string()).optional().describe("Values that it can have."),
  min: z.number().optional().describe("Least value."),
  max: z.number().optional().describe("Greatest value."),
  step: z.number().optional().describe("Least difference between two values."),
});
export type FieldInfo = z.infer<typeof fieldInfoSchema>;

const about = {
  kind: z
    .string()
    .optional()
    .describe("How it speaks: `native`, `discovery`, `plain`, or a maker such as `tasmota`."),
  fields: z
    .record(z.string(), fieldInfoSchema)
    .optional()
    .describe("Units and meaning of values, by their path in the state."),
  components: z.array(z.string()).optional().describe("Parts that take commands."),
  unsupported: z.string().optional().describe("What of its announcement Parley does not use, and why."),
};

/** A device in the API. */
export const deviceSchema = z.object({
  device_id: z.string().describe("Id of the device: `^[A-Za-z0-9_-]{1,64}$`."),
  name: z.string().describe("Name."),
  type: z.string().describe("Kind of the device, such as `light`."),
  state: stateSchema.describe("State of the device: its keys with their values."),
  online: z.boolean().describe("Whether the device is connected."),
  last_seen: z.iso.datetime().describe("When it was last heard of, ISO 8601."),
  ...about,
});
export type Device = z.infer<typeof deviceSchema>;

/** A stored device. `seq` is the sequence of the last applied message: older ones are ignored. */
export const deviceDocumentSchema = z.object({
  _id: z
    .object({ user: idSchema.describe("Id of the user."), device: idSchema.describe("The device.") })
    .describe("Key of the document."),
  name: z.string().describe("Name."),
  type: z.string().describe("Kind of the device, such as `light`."),
  state: stateSchema.describe("State of the device: its keys with their values."),
  online: z.boolean().describe("Whether the device is connected."),
  online_until: z.date().nullish().describe("When it counts as gone unless it is heard of before."),
  last_seen: z.date().describe("When it was last heard of, ISO 8601."),
  seq: z.number().describe("Sequence of the last message that is part of the state."),
  node: z.string().optional().describe("Name that its maker's topics give it."),
  base: z.string().optional().describe("What its command topics begin with, below the user's prefix."),
  ...about,
});
export type DeviceDocument = z.infer<typeof deviceDocumentSchema>;

/** One change of a device's state, as rules receive it. `id` is the same on every redelivery. */
export const deviceChangeSchema = z.object({
  id: z.string().describe("Id of the entry."),
  seq: z.number().optional().describe("Sequence of the message that changed it."),
  device_id: idSchema.describe("Id of the device: `^[A-Za-z0-9_-]{1,64}$`."),
  name: z.string().describe("Name."),
  type: z.string().describe("Kind of the device, such as `light`."),
  state: stateSchema.describe("State after the change; of a large one, the keys that changed."),
  partial: z.boolean().optional().describe("Whether `state` holds nothing but the keys that changed."),
  previous: stateSchema.describe("Earlier values of the keys that changed."),
  changed: z.array(z.string()).describe("Keys of the state that the update changed."),
  online: z.boolean().describe("Whether the device is connected."),
  at: z.int().describe("When it happened."),
});
export type DeviceChange = z.infer<typeof deviceChangeSchema>;

/** `event.device.updated.<user>`: changes of a user's devices within a few milliseconds. */
export const devicesUpdatedSchema = z.object({
  user: idSchema.describe("Id of the user."),
  changes: z.array(deviceChangeSchema).min(1).describe("Changes of devices, oldest first."),
});

const homeKey = z
  .object({
    user: idSchema.describe("Id of the user."),
    topic: z.string().describe("Topic below `device/<user>/`."),
  })
  .describe("Key of the document.");

/** A raw discovery document: it is interpreted when the user's home is loaded. */
export const announcementDocumentSchema = z.object({
  _id: homeKey,
  text: z.string().describe("The text."),
  at: z.date().describe("When it happened."),
});
export type AnnouncementDocument = z.infer<typeof announcementDocumentSchema>;

/** Last payload of a topic: a later discovery document may refer to it, and it holds the availability. */
export const heardTopicSchema = z.object({
  _id: homeKey,
  text: z.string().describe("The text."),
  at: z.number().describe("When it came, Unix ms."),
});
export type HeardTopic = z.infer<typeof heardTopicSchema>;

/** A message of a user's devices that Parley rejected. */
export const refusalSchema = z.object({
  topic: z.string().describe("MQTT topic, or the path of the request."),
  reason: z.string().describe("Why it was refused."),
  time: z.iso.datetime().describe("When that happened last, ISO 8601."),
  count: z.int().describe("How often it happened in a row."),
});
export type Refusal = z.infer<typeof refusalSchema>;

/** The last rejected messages of a user, newest last. */
export const refusalsDocumentSchema = z.object({
  _id: idSchema.describe("Id of the user."),
  refused: z.array(refusalSchema).describe("What was refused, the newest last."),
});
export type RefusalsDocument = z.infer<typeof refusalsDocumentSchema>;

/** A user's settings for all their devices. */
export const homeSettingsSchema = z.object({
  _id: idSchema.describe("Id of the user."),
  homeassistant: z.boolean().describe("Whether their devices and scenes are announced to Home Assistant."),
});
export type HomeSettings = z.infer<typeof homeSettingsSchema>;

const asked = { user: idSchema.describe("Id of the user.") };
const device = idSchema.describe("The device.");

/**
 * Request to the owner of a user's devices. `settled`: answered once message `seq` (by default everything
 * received) is stored. `forget`: deletes a device, or without `device` all of the user's. `read`: returns
 * devices. `command`: returns the messages that execute a command.
 */
export const deviceAskSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("settled").describe("Kind of the entry."),
    ...asked,
    seq: z.number().optional().describe("Sequence of the message."),
  }),
  z.object({ kind: z.literal("forget").describe("Kind of the entry."), ...asked, device: device.optional() }),
  z.object({
    kind: z.literal("mirror").describe("Kind of the entry."),
    ...asked,
    enabled: z.boolean().describe("Whether the devices are announced to Home Assistant."),
  }),
  z.object({
    kind: z.literal("read").describe("Kind of the entry."),
    ...asked,
    devices: z.array(idSchema).max(256).describe("The devices."),
  }),
  z.object({
    kind: z.literal("command").describe("Kind of the entry."),
    ...asked,
    device,
    component: z.string().optional().describe("Part of the device that is meant."),
    command: z.unknown().describe("Command for the device, as it understands it."),
  }),
]);
export type DeviceAsk = z.infer<typeof deviceAskSchema>;

/** Answer of the owner of a user's devices; `refused` is the reason. */
export const deviceAnswerSchema = z.object({
  refused: z.string().optional().describe("Why the question can't be answered as it was asked."),
  missing: z.boolean().optional().describe("Whether there is no such device."),
  devices: z.array(deviceSchema).optional().describe("The devices."),
  messages: z
    .array(
      z.object({
        topic: z.string().describe("Topic below `device/<user>/`."),
        payload: z.string().describe("Payload of the message."),
      }),
    )
    .optional()
    .describe("Messages that carry the command out."),
});
export type DeviceAnswer = z.infer<typeof deviceAnswerSchema>;

/** Sequence up to which a partition of the stream DEVICES is stored. */
export const devicePlaceSchema = z.object({
  _id: z.int().describe("Key of the document."),
  seq: z.number().describe("Sequence of the last message that is part of the state."),
});
export type DevicePlace = z.infer<typeof devicePlaceSchema>;
