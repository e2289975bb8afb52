import { adminUserId } from "../../../schemas/principal.ts";
import type { Load } from "../clients/load.ts";
import type { System } from "../worlds/system.ts";
import type { Control } from "./history.ts";
import { lasting } from "./waiting.ts";

const againMs = 300;
const restartable = new Set([500, 502, 503]);

/** Deletes or clears a session by request, retried until a final answer; recorded for the checker. */
export async function endSession(
  system: System,
  load: Load,
  kind: "delete" | "clear",
  session: string,
): Promise<Control> {
  const control: Control = { kind, user: adminUserId, session, sentAt: Date.now() };
  load.controls.push(control);
  const path = `/api/v1/sessions/${session}${kind === "clear" ? "/messages" : ""}`;
  for (;;) {
    const response = await system.request("DELETE", path).catch(() => undefined);
    await response?.arrayBuffer();
    if (response !== undefined && !restartable.has(response.status)) {
      control.status = response.status;
      control.doneAt = Date.now();
      return control;
    }
    await lasting(againMs);
  }
}
