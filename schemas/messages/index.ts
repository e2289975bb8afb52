import * as account from "./account.ts";
import * as approvals from "./approvals.ts";
import * as bridge from "./bridge.ts";
import type { AnyMessage } from "./define.ts";
import * as devices from "./devices.ts";
import * as events from "./events.ts";
import * as knowledge from "./knowledge.ts";
import * as mcp from "./mcp.ts";
import * as memory from "./memory.ts";
import * as out from "./out.ts";
import * as presence from "./presence.ts";
import * as processes from "./processes.ts";
import * as rejected from "./rejected.ts";
import * as rest from "./rest.ts";
import * as runs from "./runs.ts";
import * as schedules from "./schedules.ts";
import * as session from "./session.ts";
import * as stateless from "./stateless.ts";
import * as voice from "./voice.ts";

const areas = {
  account,
  bridge,
  approvals,
  devices,
  events,
  knowledge,
  mcp,
  memory,
  out,
  presence,
  processes,
  rejected,
  rest,
  runs,
  schedules,
  session,
  stateless,
  voice,
};

/** Every message that processes exchange, by area: what `docs/messages.md` and the AsyncAPI document are made of. */
export const messages: { area: string; entries: AnyMessage[] }[] = Object.entries(areas).map(
  ([area, exported]) => ({ area, entries: Object.values(exported).filter(isEntry) }),
);

function isEntry(value: unknown): value is AnyMessage {
  return typeof value === "object" && value !== null && "kind" in value && "publishers" in value;
}
