import { z } from "zod";
import { defineLog } from "./define.ts";
import { streams } from "./subjects.ts";

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
