import type { Settings } from "../schemas/config.ts";
import { enginesFile, readRecord } from "./engines/record.ts";
import { SettingsError } from "./settings-error.ts";

/** Addresses of the engines, including credentials. */
export interface Endpoints {
  natsUrl: string;
  mongodbUri: string;
}

/**
 * The engines' URLs from the settings, else from `DATA_DIR/engines.json`.
 * @throws SettingsError when neither has them.
 */
export function resolveEndpoints(settings: Pick<Settings, "dataDir" | "natsUrl" | "mongodbUri">): Endpoints {
  const record = readRecord(settings);
  const natsUrl = settings.natsUrl ?? record.natsUrl;
  const mongodbUri = settings.mongodbUri ?? record.mongodbUri;
  if (natsUrl && mongodbUri) return { natsUrl, mongodbUri };
  const missing = [!natsUrl && "NATS_URL", !mongodbUri && "MONGODB_URI"].filter(Boolean).join(" and ");
  throw new SettingsError(
    `no engines: set ${missing}, or start the embedded engines with "parley engines" or "parley up" (they write ${enginesFile(settings)})`,
  );
}

/**
 * Base URL (`…/v1`, OpenAI-compatible) of the local embeddings, undefined while unavailable. They start after
 * the server and may stop, so call this before each use; it reads one small file.
 */
export function embeddingsUrl(settings: Pick<Settings, "dataDir">): string | undefined {
  return readRecord(settings).embeddingsUrl;
}

/** Base URL of the speech recogniser: `STT_URL`, else the embedded whisper while it runs. */
export function sttUrl(settings: Pick<Settings, "dataDir" | "sttUrl">): string | undefined {
  return settings.sttUrl ?? readRecord(settings).sttUrl;
}
