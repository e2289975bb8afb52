import type { LoadUser } from "../load-user.ts";
import type { LoadOptions } from "../options.ts";
import type { Recorder } from "../recorder.ts";
import type { Verdict } from "../verdict.ts";

/** Options of a scenario; `users` are those of its own process. */
export interface ScenarioParts {
  options: LoadOptions;
  users: LoadUser[];
  recorder: Recorder;
}

/** A kind of load. `open`, then `send` for each operation, then `settle`, `verdict` and `close`. */
export interface Scenario {
  /** Connects everything. @throws Error that names what could not be connected */
  open(): Promise<void>;
  /** Starts operation `index`, which was due at `intendedAt` (`performance.now()`). */
  send(index: number, intendedAt: number, counted: boolean): void;
  /** Number of unanswered operations. */
  readonly unanswered: number;
  /** Called each second with the completed share of the load, 0–1. */
  progress?(share: number): void;
  /** Compares the stored data with what was sent. */
  verdict(): Promise<Verdict>;
  close(): Promise<void>;
}
