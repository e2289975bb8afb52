import uWS, { type WebSocket, type WebSocketBehavior } from "uWebSockets.js";
import type { Logger } from "../../infra/log.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { Limits } from "../../schemas/limits.ts";
import { Pinger } from "./pinger.ts";
import type { RequestHead } from "./request-head.ts";

/** Bounds of the sockets of one path. */
export interface UpgradeSettings {
  limits: Limits;
  /** Largest frame that a client may send. */
  frameBytes: number;
}

/** The WebSocket itself: valid from `open` to `close`. */
export type RawSocket = WebSocket<unknown>;

/** uWebSockets.js copies the fields of what it is given, so an object with methods needs a field of its own. */
export interface Carrier<S> {
  state: S;
  /** Address and user whose shares of the open sockets it takes. */
  holder: string;
  user: string | undefined;
}

/** What happens to a socket between its upgrade and its end. */
export interface SocketHandlers<S> {
  open(state: S, ws: RawSocket): void;
  /** `data` is a copy for text; undefined for a binary frame. */
  message(state: S, text: string | undefined): void;
  close(state: S): void;
}

const pinger = new Pinger();
const decoder = new TextDecoder("utf-8");

/**
 * uWebSockets.js behaviour with Parley's bounds; a handler that throws costs its socket, not the process. `release` gives
 * back the share of a closed socket.
 */
export function webSocketBehavior<S>(
  { limits, frameBytes }: UpgradeSettings,
  handlers: SocketHandlers<S>,
  log: Logger,
  release: (carrier: Omit<Carrier<unknown>, "state">) => void,
): WebSocketBehavior<Carrier<S>> {
  const guarded = (ws: RawSocket, act: () => void) => {
    try {
      act();
    } catch (err) {
      log.error({ err }, "socket handler failed");
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
      pinger.remove(ws);
      release(ws.getUserData());
      try {
        handlers.close(ws.getUserData().state);
      } catch (err) {
        log.error({ err }, "socket close handler failed");
      }
    },
  };
}

/** What keeps a request from becoming a WebSocket (RFC 6455, 4.2.1), or undefined. */
export function upgradeProblem({ headers, method }: RequestHead): ParleyError | undefined {
  const upgrading =
    method === "GET" &&
    headers.get("upgrade")?.toLowerCase() === "websocket" &&
    /(^|[\s,])upgrade($|[\s,])/i.test(headers.get("connection") ?? "");
  if (!upgrading || headers.get("sec-websocket-version") !== "13") return new ParleyError("upgrade_required");
  if (/^[A-Za-z0-9+/]{22}==$/.test(headers.get("sec-websocket-key") ?? "")) return undefined;
  return new ParleyError("invalid_request", { error: "Sec-WebSocket-Key 无效" });
}
