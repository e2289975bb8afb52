import type { LoadUser } from "../load-user.ts";
import type { LoadOptions } from "../options.ts";
import type { Recorder } from "../recorder.ts";
import type { Verdict } from "../verdict.ts";

/** What a scenario is made with; `users` are those of its own process. */
export interface ScenarioParts {
  options: LoadOptions;
  users: LoadUser[];
  recorder: Recorder;
}

/** One kind of load. `open`, then `send` for each operation, then `settle`, `verdict` and `close`. */
export interface Scenario {
  /** Connects everything. @throws Error that says what could not be connected */
  open(): Promise<void>;
  /** Starts operation `index`, which was due at `intendedAt` (`performance.now()`). */
  send(index: number, intendedAt: number, counted: boolean): void;
  /** Number of operations that are unanswered. */
  readonly unanswered: number;
  /** Called each second with the share of the load that is over, 0–1. */
  progress?(share: number): void;
  /** Reads what was stored, and judges it. */
  verdict(): Promise<Verdict>;
  close(): Promise<void>;
}
