import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import WebSocket from "ws";

/** A message segment of a scripted client. */
type Segment = { type: string; data: Record<string, string> };

/**
 * A OneBot v11 client as a program: it connects and reconnects. Commands are JSON lines on stdin; what it
 * receives is written as JSON lines on stdout.
 */
const { values } = parseArgs({
  options: {
    url: { type: "string" },
    self: { type: "string" },
    token: { type: "string" },
    role: { type: "string" },
  },
});
const tell = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
const refusal = { retcode: 100, wording: "scripted" };
const behaviour = {
  answers: true,
  fail: 0,
  refusal,
  connect: true,
  messages: {},
  forwards: {},
  records: {},
} as {
  answers: boolean;
  fail: number;
  refusal: { retcode: number | string; wording: string };
  connect: boolean;
  messages: Record<string, unknown>;
  forwards: Record<string, unknown>;
  records: Record<string, unknown>;
};
let socket: WebSocket | undefined;
let sent = 1_000;
let url = values.url ?? "";

function dial(): void {
  if (!behaviour.connect) return;
  const headers = {
    "X-Self-ID": values.self ?? "",
    "X-Client-Role": values.role ?? "Universal",
    ...(values.token !== undefined && { Authorization: `Bearer ${values.token}` }),
  };
  if (socket?.readyState === WebSocket.OPEN) return;
  socket = new WebSocket(url, { headers });
  socket.on("open", () => tell({ event: "open" }));
  socket.on("message", (data) => take(String(data)));
  socket.on("unexpected-response", (_, response) => tell({ event: "refused", status: response.statusCode }));
  socket.on("error", () => {});
  socket.on("close", (code) => {
    tell({ event: "close", code });
    setTimeout(dial, 100);
  });
}

function take(text: string): void {
  const { action, params, echo } = JSON.parse(text) as {
    action: string;
    params: {
      message: Segment[];
      user_id?: number;
      group_id?: number;
      message_id?: number;
      id?: string;
      file?: string;
    };
    echo: unknown;
  };
  const questions: Record<string, unknown> = {
    get_msg: behaviour.messages[String(params.message_id)],
    get_forward_msg: behaviour.forwards[String(params.id)],
    get_record: behaviour.records[params.file ?? ""],
  };
  if (action in questions) {
    const known = questions[action];
    const data = known ?? null;
    const result = data === null ? { status: "failed", retcode: 1404 } : { status: "ok", retcode: 0 };
    tell({ event: action, params });
    socket?.send(JSON.stringify({ ...result, data, echo }));
    return;
  }
  tell({ event: "call", action, params });
  if (!behaviour.answers) return;
  const failed = behaviour.fail > 0;
  if (failed) behaviour.fail -= 1;
  const result = failed
    ? { status: "failed", data: null, ...behaviour.refusal }
    : { status: "ok", retcode: 0, data: { message_id: ++sent } };
  socket?.send(JSON.stringify({ ...result, echo }));
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line) as Record<string, unknown>;
  if (command.do === "event") socket?.send(JSON.stringify(command.event));
  if (command.do === "cut") socket?.terminate();
  if (command.do === "set") Object.assign(behaviour, command.set);
  if (command.do === "dial") {
    url = typeof command.url === "string" ? command.url : url;
    behaviour.connect = true;
    dial();
  }
});
dial();
