import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import type { Logger } from "../../infra/log.ts";
import type { Settings } from "../../schemas/config.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { type Admission, stranger } from "../admission/admission.ts";
import type { EdgeMetrics } from "../operations/metrics.ts";
import type { AnyEndpoint, BodyKind, Endpoint } from "./endpoint.ts";
import type { ErrorShape } from "./error-shape.ts";
import { Exchange } from "./exchange.ts";
import { IncomingBody } from "./incoming-body.ts";
import { OriginPolicy } from "./origin.ts";
import { type BadHead, type RequestHead, readHead } from "./request-head.ts";
import { RequestServer } from "./request-server.ts";
import {
  type Carrier,
  type SocketHandlers,
  type UpgradeSettings,
  upgradeProblem,
  webSocketBehavior,
} from "./upgrade.ts";

/** Properties of a socket. `user`: whose socket limit it counts in; undefined when no user is attached. */
export interface SocketState {
  readonly user: string | undefined;
}

/** Prepares a WebSocket; an exception is sent as the response, before the upgrade. */
export type Prepare<S extends SocketState> = (head: RequestHead) => S | Promise<S>;

/** Constructor options of a router. */
export interface RouterDeps {
  app: TemplatedApp;
  settings: Settings;
  log: Logger;
  metrics: EdgeMetrics;
  admission: Admission;
}

const withBody = new Set(["POST", "PUT", "PATCH"]);

/** Registers all endpoints and upgrades, and applies the checks that every request must pass. */
export class Router {
  readonly #deps: RouterDeps;
  readonly #server: RequestServer;
  readonly #origins: OriginPolicy;
  readonly #endpoints = new Map<string, Map<string, AnyEndpoint>>();
  readonly #open = new Set<Exchange>();
  #drained: (() => void) | undefined;
  /** Rejects all new requests. */
  stopping = false;

  constructor(deps: RouterDeps) {
    this.#deps = deps;
    this.#server = new RequestServer(deps.settings.limits, deps.admission, deps.log);
    this.#origins = new OriginPolicy(deps.settings.allowedOrigins);
  }

  /** Adds an endpoint. */
  route<Kind extends BodyKind = "none">(endpoint: Endpoint<Kind>): void {
    const methods = this.#endpoints.get(endpoint.path) ?? new Map<string, AnyEndpoint>();
    // The kind is `body`, or "none" when omitted; the types can't express that.
    methods.set(endpoint.method, { ...endpoint, body: endpoint.body ?? "none" } as unknown as AnyEndpoint);
    this.#endpoints.set(endpoint.path, methods);
  }

  /** Adds a WebSocket at `path`; `S` is the per-socket state that `prepare` returns. */
  upgrade<S extends SocketState>(
    path: string,
    settings: UpgradeSettings,
    prepare: Prepare<S>,
    handlers: SocketHandlers<S>,
  ): void {
    const { app, log, admission } = this.#deps;
    app.ws<Carrier<S>>(path, {
      ...webSocketBehavior(settings, handlers, log, ({ holder, user }) => {
        admission.sockets.give(holder);
        if (user !== undefined) admission.userStreams.give(user);
      }),
      upgrade: (res, req, context) =>
        this.#guard(res, path, () => {
          const { exchange, bad, head } = this.#head(res, req, path, "uniform", {});
          const problem = bad ?? this.#refuseUpgrade(head);
          if (problem !== undefined) return refuse(exchange, problem);
          const key = head.headers.get("sec-websocket-key") ?? "";
          // A browser that offers subprotocols expects one of them in the response.
          const protocol = head.headers.get("sec-websocket-protocol")?.split(",")[0]?.trim() ?? "";
          const extensions = head.headers.get("sec-websocket-extensions") ?? "";
          void this.#server.run(exchange, path, async () => {
            const state = await prepare(head);
            if (exchange.over) return;
            const { holder } = stranger(head.ip);
            const { user } = state;
            if (!admission.sockets.take(holder)) throw new ParleyError("rate_limited");
            if (user !== undefined && !admission.userStreams.take(user)) {
              admission.sockets.give(holder);
              throw new ParleyError("rate_limited");
            }
            exchange.hijack((raw) =>
              raw.upgrade({ state, holder, user }, key, protocol, extensions, context),
            );
          });
        }),
    });
    if (!this.#endpoints.has(path) && !path.includes(":")) {
      this.route({
        method: "GET",
        path,
        handler: () => {
          throw new ParleyError("upgrade_required");
        },
      });
    }
  }

  /** Registers all added endpoints. */
  register(): void {
    const { app } = this.#deps;
    for (const [path, methods] of this.#endpoints) {
      app.any(path, (res, req) => this.#guard(res, path, () => this.#serve(res, req, path, methods)));
    }
    app.any("/*", (res, req) => this.#guard(res, "/*", () => this.#notFound(res, req)));
  }

  /** Resolves when no request is open. */
  async drained(): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  /** A synchronous exception would end the process. */
  #guard(res: HttpResponse, route: string, act: () => void): void {
    try {
      act();
    } catch (err) {
      this.#deps.log.error({ err, route }, "request head failed");
      res.close();
    }
  }

  #notFound(res: HttpResponse, req: HttpRequest): void {
    const shape = req.getUrl().startsWith("/v1/") ? "openai" : "uniform";
    const { exchange, bad, head } = this.#head(res, req, "*", shape, {});
    const upgrading = head.headers.get("upgrade")?.toLowerCase() === "websocket";
    const error = (upgrading && upgradeProblem(head)) || new ParleyError("not_found");
    refuse(exchange, bad ?? { error, close: false });
  }

  #serve(res: HttpResponse, req: HttpRequest, path: string, methods: Map<string, AnyEndpoint>): void {
    const method = req.getMethod().toUpperCase();
    const endpoint = methods.get(method === "HEAD" ? "GET" : method);
    const any = endpoint ?? [...methods.values()][0];
    const { exchange, bad } = this.#head(res, req, path, any?.errors ?? "uniform", any ?? {});
    if (bad !== undefined) {
      refuse(exchange, bad);
      return;
    }
    if (endpoint === undefined) {
      this.#noMethod(exchange, method, [...methods.keys()]);
      return;
    }
    const { holder } = stranger(exchange.head.ip);
    const incoming = withBody.has(method)
      ? new IncomingBody(res, exchange, this.#deps.admission.strangerBodies, holder)
      : undefined;
    void this.#server.serve(res, exchange, endpoint, incoming);
  }

  #noMethod(exchange: Exchange, method: string, known: string[]): void {
    const methods = [...known, ...(known.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
    const allow = methods.join(", ");
    if (method === "OPTIONS") {
      exchange.send(204, undefined, { allow, ...this.#origins.preflight(exchange.head, methods) });
    } else exchange.errorWith(new ParleyError("method_not_allowed"), { allow });
  }

  #head(
    res: HttpResponse,
    req: HttpRequest,
    path: string,
    shape: ErrorShape,
    { urlBytes }: { urlBytes?: number },
  ) {
    const { settings, metrics } = this.#deps;
    const { head, bad } = readHead(res, req, { settings, params: path.split("/:").length - 1, urlBytes });
    const exchange = new Exchange(res, head, {
      shape,
      headers: this.#origins.headers(head),
      onAnswer: (status) => metrics.requests.inc({ route: path, method: head.method, status }),
      onDone: () => {
        this.#open.delete(exchange);
        if (this.#open.size === 0) this.#drained?.();
      },
    });
    this.#open.add(exchange);
    const refused: BadHead | undefined = this.stopping
      ? { error: new ParleyError("service_unavailable"), close: true }
      : bad;
    return { exchange, head, bad: refused };
  }

  #refuseUpgrade(head: RequestHead): BadHead | undefined {
    const error =
      upgradeProblem(head) ?? (this.#origins.mayUpgrade(head) ? undefined : new ParleyError("forbidden"));
    return error && { error, close: false };
  }
}

/**
 * Rejects an invalid head. When the end of the request is unclear, the response waits until all buffered
 * bytes are parsed: uWebSockets.js then closes the connection instead of serving the rest as another request.
 */
function refuse(exchange: Exchange, { error, close }: BadHead): void {
  if (close) setImmediate(() => exchange.error(error, true));
  else exchange.error(error);
}
