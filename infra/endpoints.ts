import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Settings } from "../schemas/config.ts";
import { SettingsError } from "./settings-error.ts";

/** Where the engines are, credentials included. */
export interface Endpoints {
  natsUrl: string;
  mongodbUri: string;
}

const written = z.object({ natsUrl: z.string().optional(), mongodbUri: z.string().optional() });

/** The file in which `parley up` and `parley engines` write where their engines are. */
export function enginesFile(settings: Pick<Settings, "dataDir">): string {
  return join(settings.dataDir, "engines.json");
}

/**
 * The engines' URLs from the settings, else from `DATA_DIR/engines.json`.
 * @throws SettingsError when neither names them.
 */
export function resolveEndpoints(settings: Pick<Settings, "dataDir" | "natsUrl" | "mongodbUri">): Endpoints {
  const file = enginesFile(settings);
  const embedded = settings.natsUrl && settings.mongodbUri ? {} : readWritten(file);
  const natsUrl = settings.natsUrl ?? embedded.natsUrl;
  const mongodbUri = settings.mongodbUri ?? embedded.mongodbUri;
  if (natsUrl && mongodbUri) return { natsUrl, mongodbUri };
  const missing = [!natsUrl && "NATS_URL", !mongodbUri && "MONGODB_URI"].filter(Boolean).join(" and ");
  throw new SettingsError(
    `no engines: set ${missing}, or start the embedded engines with "parley engines" or "parley up" (they write ${file})`,
  );
}

function readWritten(file: string): z.infer<typeof written> {
  try {
    return written.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return {};
  }
}
