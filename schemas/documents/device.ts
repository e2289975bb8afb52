import { z } from "zod";
import { refuseUnstorable } from "../foreign-json.ts";
import { idSchema } from "../ids.ts";

const stateSchema = z.record(z.string().max(128), z.unknown());
const nameSchema = z.string().max(128);

/** What a device publishes: keys of its state, which are merged into the last one. */
export const deviceUpdateSchema = z.object({
  state: stateSchema
    .superRefine(refuseUnstorable)
    .describe("State of the device: its keys with their values."),
  name: nameSchema.optional().describe("Name."),
  type: nameSchema.optional().describe("Kind of the device, such as `light`."),
});
export type DeviceUpdate = z.infer<typeof deviceUpdateSchema>;

/** Payload of `availability`. */
export const availabilitySchema = z.enum(["online", "offline"]);

/** A device as the API shows it; `unsupported` says why a discovered one can't be used. */
export const deviceSchema = z.object({
  device_id: z.string().describe("Id of the device: `^[A-Za-z0-9_-]{1,64}$`."),
  name: z.string().describe("Name."),
  type: z.string().describe("Kind of the device, such as `light`."),
  state: stateSchema.describe("State of the device: its keys with their values."),
  online: z.boolean().describe("Whether the device is connected."),
  last_seen: z.iso.datetime().describe("When it was last heard of, ISO 8601."),
  unsupported: z.string().optional().describe("Why the device can't be used fully."),
});
export type Device = z.infer<typeof deviceSchema>;

/** A device as stored. `seq` is the sequence of the last message that is in it: an older one changes nothing. */
export const deviceDocumentSchema = z.object({
  _id: z
    .object({ user: idSchema.describe("Id of the user."), device: idSchema.describe("The device.") })
    .describe("Key of the document."),
  name: z.string().describe("Name."),
  type: z.string().describe("Kind of the device, such as `light`."),
  state: stateSchema.describe("State of the device: its keys with their values."),
  online: z.boolean().describe("Whether the device is connected."),
  last_seen: z.date().describe("When it was last heard of, ISO 8601."),
  seq: z.number().describe("Sequence of the last message that is part of the state."),
});
export type DeviceDocument = z.infer<typeof deviceDocumentSchema>;

/** One change of a device's state: what rules look at. `id` is the same however often the update is handled. */
export const deviceChangeSchema = z.object({
  id: z.string().describe("Id of the entry."),
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

/** `event.device.updated.<user>`: what happened to a user's devices within a few milliseconds. */
export const devicesUpdatedSchema = z.object({
  user: idSchema.describe("Id of the user."),
  changes: z.array(deviceChangeSchema).min(1).describe("Changes of devices, oldest first."),
});
export type DevicesUpdated = z.infer<typeof devicesUpdatedSchema>;

/**
 * One value of a discovered device: `source` is the device in whose topic it comes, `path` leads to it in the payload
 * (empty = the whole), `key` is where it stands in the state, `command` the device in whose topic its commands go.
 */
export const discoveredComponentSchema = z.object({
  id: z.string().describe("Id of the entry."),
  source: idSchema.optional().describe("Device in whose topic the value comes."),
  path: z.array(z.string()).describe("Path of the value in the payload; empty = the whole payload."),
  key: z.string().describe("Key of the device's state."),
  command: idSchema.optional().describe("Command for the device, as it understands it."),
});
export type DiscoveredComponent = z.infer<typeof discoveredComponentSchema>;

/** What a Home Assistant discovery message says of a device, as far as Parley uses it. */
export const discoverySchema = z.object({
  _id: z
    .object({ user: idSchema.describe("Id of the user."), device: idSchema.describe("The device.") })
    .describe("Key of the document."),
  name: z.string().describe("Name."),
  type: z.string().describe("Kind of the device, such as `light`."),
  components: z.array(discoveredComponentSchema).describe("Parts of the device."),
  availability: idSchema
    .optional()
    .describe("Device whose availability topic tells whether this one is online."),
  unsupported: z.string().optional().describe("Why the device can't be used fully."),
});
export type Discovery = z.infer<typeof discoverySchema>;

/**
 * Question to the owner of a device's partition. `settled`: answered when the change of message `seq` (without it, of
 * all that has arrived) is stored. `forget`: what it holds in memory was changed in the store.
 */
export const deviceAskSchema = z.object({
  kind: z.enum(["settled", "forget"]).describe("Kind of the entry."),
  user: idSchema.describe("Id of the user."),
  device: idSchema.describe("The device."),
  seq: z.number().optional().describe("Sequence of the last message that is part of the state."),
});
export type DeviceAsk = z.infer<typeof deviceAskSchema>;

/** Place up to which a partition of the devices' stream is stored. */
export const devicePlaceSchema = z.object({
  _id: z.int().describe("Key of the document."),
  seq: z.number().describe("Sequence of the last message that is part of the state."),
});
export type DevicePlace = z.infer<typeof devicePlaceSchema>;
