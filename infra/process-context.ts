import type { Settings } from "../schemas/config.ts";
import type { Endpoints } from "./endpoints.ts";
import type { Secrets } from "./installation/secrets.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";

/** Passed by the command line to `startEdge(context)` and `startActors(context, names)`. */
export interface ProcessContext {
  settings: Settings;
  log: Logger;
  lifecycle: Lifecycle;
  metrics: Metrics;
  endpoints: Endpoints;
  secrets: Secrets;
  /** Whether this process is ready. */
  readiness: Readiness;
}
