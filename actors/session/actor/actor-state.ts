/**
 * What a session actor is doing:
 * - `idle`: no message is due. - `loading`: reads the transcript. - `running`: processes its queue.
 * - `quiescing`: planned move; the running turn ends, no new one starts. - `abandoned`: another process owns
 *   it.
 */
export type ActorState = "idle" | "loading" | "running" | "quiescing" | "abandoned";

/** Whether a turn may start in this state. */
export function mayBeginTurn(state: ActorState): boolean {
  switch (state) {
    case "idle":
    case "loading":
    case "running":
      return true;
    case "quiescing":
    case "abandoned":
      return false;
  }
}

/** Whether an idle actor should start processing; a running one picks up new messages itself. */
export function shouldStart(state: ActorState, isDue: boolean): boolean {
  switch (state) {
    case "idle":
      return isDue;
    case "loading":
    case "running":
    case "quiescing":
    case "abandoned":
      return false;
  }
}
