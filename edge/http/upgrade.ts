import uWS, { type WebSocket, type WebSocketBehavior } from "uWebSockets.js";
import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import { Pinger } from "./pinger.ts";
import type { RequestHead } from "./request-head.ts";

/** Limits of the sockets on one path. */
export interface UpgradeSettings {
  limits: Limits;
  /** Largest frame a client may send. */
  frameBytes: number;
}

/** The WebSocket; valid from `open` to `close`. */
export type RawSocket = WebSocket<unknown>;

/** uWebSockets.js copies the fields of its user data, so an object with methods must be nested in a field. */
export interface Carrier<S> {
  state: S;
  /** Address and user whose socket limits it counts in. */
  holder: string;
  user: string | undefined;
}

/** Callbacks of a socket's lifetime. */
export interface SocketHandlers<S> {
  open(state: S, ws: RawSocket): void;
  /** `data` is a copy for text; undefined for a binary frame. */
  message(state: S, text: string | undefined): void;
  close(state: S): void;
}

const pinger = new Pinger();
const decoder = new TextDecoder("utf-8");

/**
 * uWebSockets.js behavior with Parley's limits. An exception in a handler closes the socket, not the process.
 * `release` releases a closed socket's share of the limits.
 */
export function webSocketBehavior<S>(
  { limits, frameBytes }: UpgradeSettings,
  handlers: SocketHandlers<S>,
  log: Logger,
  release: (carrier: Omit<Carrier<unknown>, "state">) => void,
): WebSocketBehavior<Carrier<S>> {
  const guarded = (ws: WebSocket<Carrier<S>>, act: () => void) => {
    const { user, holder } = ws.getUserData();
    try {
      act();
    } catch (err) {
      log.error({ err, user, holder }, "socket handler failed");
      ws.close();
    }
  };
  return {
    compression: uWS.DISABLED,
    maxPayloadLength: frameBytes,
    idleTimeout: limits.socketIdleS,
    sendPingsAutomatically: true,
    maxBackpressure: limits.socketBackpressureBytes,
    closeOnBackpressureLimit: 1,
    open: (ws) => {
      pinger.add(ws);
      guarded(ws, () => handlers.open(ws.getUserData().state, ws));
    },
    message: (ws, data, isBinary) =>
      guarded(ws, () =>
        handlers.message(ws.getUserData().state, isBinary ? undefined : decoder.decode(data)),
      ),
    close: (ws) => {
      const { state, user, holder } = ws.getUserData();
      pinger.remove(ws);
      release({ user, holder });
      try {
        handlers.close(state);
      } catch (err) {
        log.error({ err, user, holder }, "socket close handler failed");
      }
    },
  };
}

/** Returns why a request can't become a WebSocket (RFC 6455, 4.2.1), or undefined. */
export function upgradeProblem({ headers, method }: RequestHead): ParleyError | undefined {
  const upgrading =
    method === "GET" &&
    headers.get("upgrade")?.toLowerCase() === "websocket" &&
    /(^|[\s,])upgrade($|[\s,])/i.test(headers.get("connection") ?? "");
  if (!upgrading || headers.get("sec-websocket-version") !== "13") return new ParleyError("upgrade_required");
  if (/^[A-Za-z0-9+/]{22}==$/.test(headers.get("sec-websocket-key") ?? "")) return undefined;
  return new ParleyError("invalid_request", { error: "Sec-WebSocket-Key 无效" });
}
