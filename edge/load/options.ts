import { z } from "zod";
import { parseThreshold, type Threshold } from "./threshold.ts";

/** Scenarios of `parley load`. */
export const scenarioNames = ["chat", "fanout", "devices", "openai", "storm"] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** Parses `30s`, `2m` or `1h` to seconds. */
const durationSchema = z
  .string()
  .regex(/^\d+(\.\d+)?(s|m|h)?$/, "must be a duration such as 30s, 2m or 1h")
  .transform((text) => {
    const unit = { s: 1, m: 60, h: 3600 }[text.slice(-1)] ?? 1;
    return Number.parseFloat(text) * unit;
  });

const count = (most: number) => z.coerce.number().int().min(1).max(most);

/** Options of `parley load` from the command line. Durations become seconds. */
export const loadOptionsSchema = z.object({
  url: z.url().default("http://127.0.0.1:6898").describe("address of the Parley under load"),
  token: z.string().optional().describe("administrator's token or API key; else log in"),
  username: z.string().default("admin").describe("administrator's user name"),
  password: z.string().optional().describe("administrator's password; else ADMIN_PASSWORD or DATA_DIR"),
  users: count(100_000).default(10).describe("users that are created for the load, and erased afterwards"),
  sessions: count(10_000).default(1).describe("chat: sessions of each user"),
  devices: count(100_000)
    .default(1)
    .describe("sockets of each user; devices: published devices of each user"),
  rate: z.coerce
    .number()
    .positive()
    .max(1_000_000)
    .default(20)
    .describe("operations a second, over all users"),
  ramp: durationSchema.default(0).describe("time in which the rate rises from zero"),
  warmup: durationSchema.default(2).describe("time at the beginning that is not counted"),
  duration: durationSchema.default(30).describe("time that is counted"),
  drain: durationSchema.default(30).describe("longest wait for what is unanswered at the end"),
  model: z.string().default("ena-test:20x10").describe("model that answers"),
  size: count(90_000).default(64).describe("characters of a message"),
  transport: z.enum(["mqtt", "nats", "rest"]).default("mqtt").describe("devices: how they publish"),
  mqtt: z.string().default("mqtt://127.0.0.1:1883").describe("devices: address of the MQTT listener"),
  nats: z.string().default("nats://127.0.0.1:4222").describe("devices: address of the NATS server"),
  cuts: count(1_000).default(3).describe("storm: how often all sockets are cut"),
  processes: count(64).default(1).describe("processes that make the load"),
  kill: z.enum(["edge", "actor", "nats"]).optional().describe("kill -9 this process at half time"),
  failIf: z
    .array(z.string())
    .default([])
    .transform((texts, context): Threshold[] =>
      texts.flatMap((text) => {
        try {
          return [parseThreshold(text)];
        } catch (error) {
          context.addIssue({ code: "custom", message: (error as Error).message });
          return [];
        }
      }),
    )
    .describe("exit 1 unless this holds, such as 'p99<500ms' or 'errors<1%'; may be repeated"),
  json: z.string().optional().describe("file for one JSON line a second"),
  report: z.string().optional().describe("file for the HTML report"),
  keepUsers: z.boolean().default(false).describe("do not erase the users at the end"),
});

/** Validated options of a load. */
export type LoadOptions = z.output<typeof loadOptionsSchema>;
