import { z } from "zod";
import { deviceSchema, deviceUpdateSchema, refusalSchema } from "../documents/device.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

const area = "devices";
const access = "user";
const params = z.object({ device_id: idSchema.describe("Id of the device: `^[A-Za-z0-9_-]{1,64}$`.") });
const done = z.object({ success: z.literal(true).describe("Always true; failures are errors.") });

/** `GET /api/v1/devices`: last state of every device; a page is shorter where it would be too large, `total` is not. */
export const listDevices = defineRoute({
  method: "get",
  path: "/api/v1/devices",
  access,
  area,
  name: "list",
  summary: "Devices with their last state",
  query: z.object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(1_000)
      .default(1_000)
      .describe("Largest number of entries to answer."),
    offset: z.coerce.number().int().min(0).max(1_000_000).default(0).describe("Number of entries to skip."),
  }),
  answer: z.object({
    devices: z.array(deviceSchema).describe("The devices."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/** `GET /api/v1/devices/refused`: what the user's devices sent and Parley did not take, the newest first. */
export const listRefused = defineRoute({
  method: "get",
  path: "/api/v1/devices/refused",
  access,
  area,
  name: "refused",
  summary: "What devices sent and was refused, with the reason",
  answer: z.object({
    refused: z.array(refusalSchema).describe("The last refusals, the newest first."),
    total: z.int().describe("Number of refusals in the list."),
  }),
});

const mirror = z.object({
  enabled: z.boolean().describe("Whether the user's devices and scenes are announced to Home Assistant."),
  discovery_prefix: z.string().describe("Discovery prefix to set in Home Assistant's MQTT integration."),
  birth_topic: z.string().describe("Topic of its birth message."),
});

/** `GET /api/v1/devices/homeassistant`: whether the user's devices are published to Home Assistant. */
export const getHomeAssistant = defineRoute({
  method: "get",
  path: "/api/v1/devices/homeassistant",
  access,
  area,
  name: "homeassistant",
  summary: "Whether devices and scenes are announced to Home Assistant",
  answer: mirror,
});

/** `PUT /api/v1/devices/homeassistant`. */
export const putHomeAssistant = defineRoute({
  method: "put",
  path: "/api/v1/devices/homeassistant",
  access,
  area,
  name: "homeassistant-put",
  summary: "Announce devices and scenes to Home Assistant, or stop it",
  body: mirror.pick({ enabled: true }),
  answer: mirror,
});

/** `GET /api/v1/devices/setup?kind=tasmota`: what to set on a device of that kind. */
export const deviceSetup = defineRoute({
  method: "get",
  path: "/api/v1/devices/setup",
  access,
  area,
  name: "setup",
  summary: "Settings to paste into a device's firmware",
  query: z.object({
    kind: z.string().max(32).default("plain").describe("Maker or firmware, such as `tasmota`."),
  }),
  answer: z.object({
    kind: z.string().describe("Maker or firmware."),
    prefix: z.string().describe("What all topics of the user's devices begin with."),
    settings: z
      .array(
        z.object({
          name: z.string().describe("Name of the setting, in the firmware's words."),
          value: z.string().describe("Value to set."),
        }),
      )
      .describe("Settings, in the order in which they are asked for."),
  }),
});

/** `GET /api/v1/devices/:device_id`. */
export const getDevice = defineRoute({
  method: "get",
  path: "/api/v1/devices/:device_id",
  access,
  area,
  name: "get",
  summary: "A device with its last state",
  params,
  answer: z.object({ device: deviceSchema.describe("The device.") }),
});

/** `POST /api/v1/devices/:device_id/update`: what a device publishes, for those that speak HTTP. */
export const updateDevice = defineRoute({
  method: "post",
  path: "/api/v1/devices/:device_id/update",
  access,
  area,
  name: "update",
  summary: "Report a device's state",
  params,
  body: deviceUpdateSchema,
  answer: done,
});

/**
 * `POST /api/v1/devices/:device_id/command`: what the device gets on its command subject. `component` says which part of
 * a discovered device is meant; it is needed where they have command topics of their own.
 */
export const commandDevice = defineRoute({
  method: "post",
  path: "/api/v1/devices/:device_id/command",
  access,
  area,
  name: "command",
  summary: "Send a command to a device",
  params,
  body: z.object({
    command: z
      .unknown()
      .refine((value) => value !== undefined, "is missing")
      .describe("Command for the device, as it understands it."),
    component: z
      .string()
      .max(128)
      .optional()
      .describe(
        "Part of the device that is meant, by its key; needed where parts have command topics of their own.",
      ),
  }),
  answer: done,
});

/** `DELETE /api/v1/devices/:device_id`: forgets it; it is there again with its next update. */
export const deleteDevice = defineRoute({
  method: "del",
  path: "/api/v1/devices/:device_id",
  access,
  area,
  name: "delete",
  summary: "Forget a device",
  params,
  answer: done,
});

/**
 * `GET /api/v1/devices/:device_id/history`: numbers and on/off values of one field. Seven days back they are as they came,
 * further back means of five minutes; more than `points` are thinned out to the means of equal intervals.
 */
export const deviceHistory = defineRoute({
  method: "get",
  path: "/api/v1/devices/:device_id/history",
  access,
  area,
  name: "history",
  summary: "Values of a device's field over time",
  params,
  query: z.object({
    field: z
      .string()
      .min(1)
      .max(256)
      .describe("Path of the value in the state, such as `temp` or `ENERGY.Power`."),
    from: z
      .string()
      .max(64)
      .optional()
      .describe("Beginning: ISO 8601 or Unix ms; a day before the end without it."),
    to: z.string().max(64).optional().describe("End: ISO 8601 or Unix ms; now without it."),
    points: z.coerce.number().int().min(1).max(2_000).default(500).describe("Most points of the answer."),
  }),
  answer: z.object({
    device_id: z.string().describe("Id of the device."),
    field: z.string().describe("Path of the value in the state."),
    unit: z.string().optional().describe("Unit of measurement, such as `°C`."),
    source: z
      .enum(["raw", "means"])
      .describe("Whether the values are as they came, or means of five minutes."),
    from: z.iso.datetime().describe("Beginning, ISO 8601."),
    to: z.iso.datetime().describe("End, ISO 8601."),
    points: z
      .array(
        z.object({
          at: z.iso.datetime().describe("When it was, ISO 8601."),
          value: z.number().describe("The value, or the mean of several; 1 and 0 for on and off."),
          min: z.number().describe("Least of the values."),
          max: z.number().describe("Greatest of the values."),
          count: z.int().describe("Number of values."),
        }),
      )
      .describe("Values, the oldest first."),
  }),
});
