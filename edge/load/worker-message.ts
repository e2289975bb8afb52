import type { LoadUser } from "./load-user.ts";
import type { LoadOptions, ScenarioName } from "./options.ts";
import type { Interval } from "./recorder.ts";
import type { Verdict } from "./verdict.ts";

/** What a load process is told: first `prepare`, then `run`. */
export type WorkerCommand =
  | { kind: "prepare"; scenario: ScenarioName; options: LoadOptions; users: LoadUser[] }
  | { kind: "run" }
  | { kind: "stop" };

/** What a load process reports. */
export type WorkerReport =
  | { kind: "ready" }
  | { kind: "interval"; interval: Interval; unanswered: number }
  | { kind: "verdict"; verdict: Verdict }
  | { kind: "failed"; error: string };
