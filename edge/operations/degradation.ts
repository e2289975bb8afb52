import type { Health } from "../../schemas/messages/process-health.ts";
import type { SystemInfo } from "../../schemas/wire/server-frame.ts";
import type { Dependencies } from "./dependencies.ts";
import type { OpenSockets } from "./open-sockets.ts";

const names: Record<keyof Health["dependencies"], string> = {
  nats: "消息服务",
  mongodb: "数据库",
  actors: "处理服务",
};

/** Notifies every `/ws/chat` socket when a dependency of its user goes down or recovers. */
export function announceDegradation(dependencies: Dependencies, sockets: OpenSockets): void {
  let degraded = false;
  dependencies.onChange((states) => {
    const down = (Object.keys(names) as (keyof typeof names)[]).filter((name) => states[name] === "down");
    if (down.length > 0) {
      degraded = true;
      const missing = down.map((name) => names[name]).join("、");
      tell(sockets, {
        level: "warning",
        message: `系统处于降级模式: ${missing}暂不可用，已接收的消息会在恢复后处理`,
        action: "degraded",
      });
    } else if (degraded && Object.values(states).every((state) => state === "up")) {
      degraded = false;
      tell(sockets, { level: "info", message: "系统已恢复正常", action: "recovered" });
    }
  });
}

function tell(sockets: OpenSockets, system_info: SystemInfo): void {
  for (const socket of sockets) {
    // `connected` must be its first frame.
    if (socket.early !== undefined) continue;
    socket.answer?.({ type: "system_info", msg_type: "system_info", system_info, timestamp: Date.now() });
  }
}
