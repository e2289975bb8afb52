import uWS, { type WebSocket } from "uWebSockets.js";

// The floor of fan-out and of idle sockets: uWebSockets.js alone, with the socket settings that the edge uses. A socket
// on `/publish` is the publisher: what it sends goes to every socket on `/sub` as it is. Nothing is parsed, numbered,
// authenticated or kept. A socket on `/own` subscribes to a topic of its own, as each user's socket on an edge does.

interface State {
  topic: string;
}

const behaviour = {
  compression: uWS.DISABLED,
  maxPayloadLength: 1024 * 1024,
  idleTimeout: 120,
  sendPingsAutomatically: true,
  maxBackpressure: 1024 * 1024,
  closeOnBackpressureLimit: 1,
} as const;

let count = 0;

const app = uWS.App();
app.ws<State>("/sub", {
  ...behaviour,
  open: (socket: WebSocket<State>) => void socket.subscribe("all"),
});
app.ws<State>("/own", {
  ...behaviour,
  upgrade: (res, req, context) => {
    const state = { topic: `own-${count++}` };
    res.upgrade(
      state,
      req.getHeader("sec-websocket-key"),
      "",
      req.getHeader("sec-websocket-extensions"),
      context,
    );
  },
  open: (socket: WebSocket<State>) => void socket.subscribe(socket.getUserData().topic),
});
app.ws<State>("/publish", {
  ...behaviour,
  message: (_socket, data) => void app.publish("all", data, false),
});
app.listen("127.0.0.1", 0, (socket) => {
  if (socket === false) process.exit(1);
  const port = uWS.us_socket_local_port(socket);
  process.stdout.write(`${JSON.stringify({ msg: "ready", port })}\n`);
});
