import { z } from "zod";
import { refuseUnstorable } from "../foreign-json.ts";
import { idSchema } from "../ids.ts";

const stateSchema = z.record(z.string().max(128), z.unknown());
const nameSchema = z.string().max(128);

/** What a device publishes: keys of its state, which are merged into the last one. */
export const deviceUpdateSchema = z.object({
  state: stateSchema.superRefine(refuseUnstorable),
  name: nameSchema.optional(),
  type: nameSchema.optional(),
});
export type DeviceUpdate = z.infer<typeof deviceUpdateSchema>;

/** Payload of `availability`. */
export const availabilitySchema = z.enum(["online", "offline"]);

/** A device as the API shows it; `unsupported` says why a discovered one can't be used. */
export const deviceSchema = z.object({
  device_id: z.string(),
  name: z.string(),
  type: z.string(),
  state: stateSchema,
  online: z.boolean(),
  last_seen: z.iso.datetime(),
  unsupported: z.string().optional(),
});
export type Device = z.infer<typeof deviceSchema>;

/** A device as stored. `seq` is the sequence of the last message that is in it: an older one changes nothing. */
export const deviceDocumentSchema = z.object({
  _id: z.object({ user: idSchema, device: idSchema }),
  name: z.string(),
  type: z.string(),
  state: stateSchema,
  online: z.boolean(),
  last_seen: z.date(),
  seq: z.number(),
});
export type DeviceDocument = z.infer<typeof deviceDocumentSchema>;

/** One change of a device's state: what rules look at. `id` is the same however often the update is handled. */
export const deviceChangeSchema = z.object({
  id: z.string(),
  device_id: idSchema,
  name: z.string(),
  type: z.string(),
  state: stateSchema,
  previous: stateSchema,
  changed: z.array(z.string()),
  online: z.boolean(),
  at: z.int(),
});
export type DeviceChange = z.infer<typeof deviceChangeSchema>;

/** `event.device.updated.<user>`: what happened to a user's devices within a few milliseconds. */
export const devicesUpdatedSchema = z.object({ user: idSchema, changes: z.array(deviceChangeSchema).min(1) });
export type DevicesUpdated = z.infer<typeof devicesUpdatedSchema>;

/**
 * One value of a discovered device: `source` is the device in whose topic it comes, `path` leads to it in the payload
 * (empty = the whole), `key` is where it stands in the state, `command` the device in whose topic its commands go.
 */
export const discoveredComponentSchema = z.object({
  id: z.string(),
  source: idSchema.optional(),
  path: z.array(z.string()),
  key: z.string(),
  command: idSchema.optional(),
});
export type DiscoveredComponent = z.infer<typeof discoveredComponentSchema>;

/** What a Home Assistant discovery message says of a device, as far as Parley uses it. */
export const discoverySchema = z.object({
  _id: z.object({ user: idSchema, device: idSchema }),
  name: z.string(),
  type: z.string(),
  components: z.array(discoveredComponentSchema),
  availability: idSchema.optional(),
  unsupported: z.string().optional(),
});
export type Discovery = z.infer<typeof discoverySchema>;

/**
 * Question to the owner of a device's partition. `settled`: answered when the change of message `seq` (without it, of
 * all that has arrived) is stored. `forget`: what it holds in memory was changed in the store.
 */
export const deviceAskSchema = z.object({
  kind: z.enum(["settled", "forget"]),
  user: idSchema,
  device: idSchema,
  seq: z.number().optional(),
});
export type DeviceAsk = z.infer<typeof deviceAskSchema>;

/** Place up to which a partition of the devices' stream is stored. */
export const devicePlaceSchema = z.object({ _id: z.int(), seq: z.number() });
export type DevicePlace = z.infer<typeof devicePlaceSchema>;
