import type { LoadUser } from "./load-user.ts";
import type { LoadOptions, ScenarioName } from "./options.ts";
import type { Interval } from "./recorder.ts";
import type { Verdict } from "./verdict.ts";

/** Commands to a load process: first `prepare`, then `run`. */
export type WorkerCommand =
  | { kind: "prepare"; scenario: ScenarioName; options: LoadOptions; users: LoadUser[] }
  | { kind: "run" }
  | { kind: "stop" };

/** Reports of a load process. */
export type WorkerReport =
  | { kind: "ready" }
  | { kind: "interval"; interval: Interval; unanswered: number }
  | { kind: "verdict"; verdict: Verdict }
  | { kind: "failed"; error: string };
