import { z } from "zod";
import { idSchema } from "../ids.ts";

const meta = {
  user: idSchema.describe("Id of the user."),
  device: idSchema.describe("The device."),
  field: z.string().describe("Path of the value in the state, such as `ENERGY.Power`."),
};

/** One value of a device, in a time-series collection; gone after seven days. */
export const historyPointSchema = z.object({
  at: z.date().describe("When it was reported."),
  meta: z.object(meta).describe("Whose value it is."),
  value: z.number().describe("The value; 1 and 0 for on and off."),
});
export type HistoryPoint = z.infer<typeof historyPointSchema>;

/** Values of five minutes; gone after a year. */
export const historyMeanSchema = z.object({
  _id: z
    .object({ ...meta, slot: z.date().describe("Beginning of the five minutes.") })
    .describe("Key of the document."),
  sum: z.number().describe("Sum of the values."),
  count: z.int().describe("Number of values."),
  min: z.number().describe("Least value."),
  max: z.number().describe("Greatest value."),
  expires_at: z.date().describe("When the store removes it."),
});
export type HistoryMean = z.infer<typeof historyMeanSchema>;
