/**
 * What a session actor is doing:
 * - `idle`: nothing is due. - `loading`: it reads the transcript before the next turn. - `running`: it works on its queue.
 * - `quiescing`: a planned move; the running turn ends, no other begins. - `abandoned`: the partition has another owner.
 */
export type ActorState = "idle" | "loading" | "running" | "quiescing" | "abandoned";

/** Whether a turn may begin in this state. */
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

/** Whether an idle actor should start to work; a working one takes new messages by itself. */
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
