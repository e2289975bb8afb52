import { z } from "zod";

/** MongoDB collections about the installation itself. */
export const installationCollections = {
  state: "installation",
  leases: "leases",
  secrets: "secrets",
} as const;

/** Which version the data of this installation has, and how it came to it. */
export const dataStateSchema = z.object({
  _id: z.literal("data"),
  version: z.int().nonnegative().describe("number of the last migration step that was run"),
  program: z.string().describe("version of the program that ran it"),
  steps: z
    .array(z.object({ number: z.int(), title: z.string(), program: z.string(), at: z.date() }))
    .describe("steps that were run, in order"),
});
export type DataState = z.infer<typeof dataStateSchema>;

/** Work that one process at a time may do: who does it, until a time of MongoDB's clock, renewed until then. */
export const leaseSchema = z.object({
  _id: z.string().describe("name of the work"),
  owner: z.string(),
  until: z.date(),
});
export type Lease = z.infer<typeof leaseSchema>;

/** A secret that was not given in the settings. */
export const secretSchema = z.object({ _id: z.string().describe("name of the secret"), value: z.string() });
export type SecretDocument = z.infer<typeof secretSchema>;
