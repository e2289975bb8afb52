import { type DestinationStream, type Logger, pino } from "pino";
import type { Settings } from "../schemas/config.ts";
import { currentTrace } from "./bus/trace.ts";

export type { Logger };

const secretKeys = [
  "authorization",
  "token",
  "access_token",
  "refresh_token",
  "password",
  "secret",
  "key",
  "api_key",
  "apiKey",
  "jwtSecret",
  "encryptionKey",
  "adminPassword",
  "pii",
];

/**
 * A JSON logger to stdout. Tokens, keys and passwords are replaced by `[redacted]` up to three levels deep;
 * user text may be logged only under the key `pii`, which is always redacted.
 */
export function createLogger(
  role: string,
  settings: Pick<Settings, "logLevel">,
  destination: DestinationStream = pino.destination({ fd: 1, sync: true }),
): Logger {
  const options = {
    level: settings.logLevel,
    base: { role, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    // Lines of one request or turn share a trace id across processes.
    mixin: () => {
      const trace = currentTrace();
      return trace === undefined ? {} : { trace: trace.id };
    },
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "[redacted]" },
  };
  return pino(options, destination);
}
