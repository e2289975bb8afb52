import test from "ava";
import { createLogger } from "../../infra/log.ts";

test("secrets and user text never reach the log", (t) => {
  const lines: string[] = [];
  const log = createLogger("test", { logLevel: "info" }, { write: (line: string) => void lines.push(line) });
  log.info({ token: "canary", pii: { text: "canary" } }, "top");
  log.info({ request: { headers: { authorization: "Bearer canary" }, password: "canary" } }, "nested");
  log.warn({ err: Object.assign(new Error("failed"), { headers: { authorization: "canary" } }) }, "error");
  log.debug({ shown: false }, "below the level");
  t.is(lines.length, 3);
  t.notRegex(lines.join(""), /canary/);
  t.like(JSON.parse(lines[0] ?? ""), { level: "info", role: "test", msg: "top", token: "[redacted]" });
});
