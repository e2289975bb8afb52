import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import type { Logger } from "../../infra/log.ts";
import type { Settings } from "../../schemas/config.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { parseForeignJson } from "../../schemas/foreign-json.ts";
import type { EdgeMetrics } from "../operations/metrics.ts";
import { BodyReader, checkJsonType } from "./body.ts";
import { BodyStream } from "./body-stream.ts";
import { type ErrorShape, toParleyError } from "./error-shape.ts";
import { Exchange } from "./exchange.ts";
import { OriginPolicy } from "./origin.ts";
import { type BadHead, type RequestHead, readHead } from "./request-head.ts";
import {
  type Carrier,
  type SocketHandlers,
  type UpgradeSettings,
  upgradeProblem,
  webSocketBehavior,
} from "./upgrade.ts";

/** Answers a request; a throw becomes the uniform error. `body` is parsed JSON, `{}` where none came. */
export type RouteHandler = (exchange: Exchange, body: unknown) => void | Promise<void>;

/** What a route may change of the defaults. */
export interface RouteOptions {
  errors?: ErrorShape;
  urlBytes?: number;
  /** The handler gets the body's bytes as they came, a Buffer, in place of parsed JSON. */
  raw?: boolean;
  /** Largest body; the limit `jsonBodyBytes` where nothing is said. */
  bodyBytes?: number;
  /** Its body need not be JSON. */
  anyType?: boolean;
  /** The handler gets a {@link BodyStream} in place of a body that was read. */
  stream?: boolean;
}

/** Prepares a WebSocket: a throw is answered before the upgrade. */
export type Prepare<S> = (head: RequestHead) => S | Promise<S>;

interface Entry extends RouteOptions {
  handler: RouteHandler;
}

const withBody = new Set(["POST", "PUT", "PATCH"]);

/** The one way by which a route or an upgrade is registered; what every request must pass is here. */
export class Router {
  readonly #app: TemplatedApp;
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #metrics: EdgeMetrics;
  readonly #bodies: BodyReader;
  readonly #origins: OriginPolicy;
  readonly #routes = new Map<string, Map<string, Entry>>();
  readonly #open = new Set<Exchange>();
  #drained: (() => void) | undefined;
  /** Refuses everything new. */
  stopping = false;

  constructor(app: TemplatedApp, settings: Settings, log: Logger, metrics: EdgeMetrics) {
    this.#app = app;
    this.#settings = settings;
    this.#log = log;
    this.#metrics = metrics;
    this.#bodies = new BodyReader(settings.limits);
    this.#origins = new OriginPolicy(settings.allowedOrigins);
  }

  /** Adds a route; `path` may have `:name` parts. GET answers HEAD too. */
  route(method: string, path: string, handler: RouteHandler, options: RouteOptions = {}): void {
    const methods = this.#routes.get(path) ?? new Map<string, Entry>();
    methods.set(method.toUpperCase(), { handler, ...options });
    this.#routes.set(path, methods);
  }

  /** Adds a WebSocket at `path`; `S` is the state of one socket, made by `prepare`. */
  upgrade<S>(
    path: string,
    settings: UpgradeSettings,
    prepare: Prepare<S>,
    handlers: SocketHandlers<S>,
  ): void {
    this.#app.ws<Carrier<S>>(path, {
      ...webSocketBehavior(settings, handlers, this.#log),
      upgrade: (res, req, context) =>
        this.#guard(res, () => {
          const { exchange, bad, head } = this.#head(res, req, path, "uniform", {});
          const problem = bad ?? this.#refuseUpgrade(head);
          if (problem !== undefined) return refuse(exchange, problem);
          const key = head.headers.get("sec-websocket-key") ?? "";
          // A browser that offers protocols wants one of them back.
          const protocol = head.headers.get("sec-websocket-protocol")?.split(",")[0]?.trim() ?? "";
          const extensions = head.headers.get("sec-websocket-extensions") ?? "";
          this.#run(exchange, path, async () => {
            const state = await prepare(head);
            exchange.hijack((raw) => raw.upgrade({ state }, key, protocol, extensions, context));
          });
        }),
    });
    if (!this.#routes.has(path) && !path.includes(":")) {
      this.route("GET", path, () => {
        throw new ParleyError("upgrade_required");
      });
    }
  }

  /** Registers everything that was added. */
  register(): void {
    for (const [path, methods] of this.#routes) {
      this.#app.any(path, (res, req) => this.#guard(res, () => this.#serve(res, req, path, methods)));
    }
    this.#app.any("/*", (res, req) => this.#guard(res, () => this.#notFound(res, req)));
  }

  /** Resolves when no request is open. */
  async drained(): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  /** A throw before anything was awaited would end the process. */
  #guard(res: HttpResponse, act: () => void): void {
    try {
      act();
    } catch (err) {
      this.#log.error({ err }, "request failed at its head");
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

  #serve(res: HttpResponse, req: HttpRequest, path: string, methods: Map<string, Entry>): void {
    const method = req.getMethod().toUpperCase();
    const entry = methods.get(method === "HEAD" ? "GET" : method);
    const any = entry ?? [...methods.values()][0];
    const { exchange, bad, head } = this.#head(res, req, path, any?.errors ?? "uniform", any ?? {});
    if (bad !== undefined) {
      refuse(exchange, bad);
      return;
    }
    if (entry === undefined) {
      this.#noMethod(exchange, method, [...methods.keys()]);
      return;
    }
    if (entry.stream && withBody.has(method)) {
      const body = new BodyStream(res, exchange, this.#settings.limits);
      this.#run(exchange, path, () => this.#streamed(exchange, entry, body));
      return;
    }
    const body = withBody.has(method)
      ? this.#bodies.read(res, head, (fn) => exchange.onAbort(fn), entry.bodyBytes)
      : undefined;
    this.#run(exchange, path, async () => {
      if (body === undefined) return entry.handler(exchange, {});
      const bytes = await body.catch((error: unknown) => {
        // The rest of the body is still on its way: this connection can't be used any more.
        exchange.error(toParleyError(error), true);
      });
      if (bytes === undefined) return;
      if (!entry.anyType) checkJsonType(head, bytes.length === 0);
      if (entry.raw) return entry.handler(exchange, bytes);
      await entry.handler(exchange, bytes.length === 0 ? {} : parseForeignJson(bytes));
    });
  }

  /** A client that is still sending would not hear an error: it is told when it has sent all, or too much. */
  async #streamed(exchange: Exchange, { handler }: Entry, body: BodyStream): Promise<void> {
    try {
      await handler(exchange, body);
    } catch (cause) {
      if (!(await body.drain(this.#settings.limits.uploadDrainBytes)))
        exchange.error(toParleyError(cause), true);
      throw cause;
    }
  }

  #noMethod(exchange: Exchange, method: string, known: string[]): void {
    const methods = [...known, ...(known.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
    const allow = methods.join(", ");
    if (method === "OPTIONS") {
      exchange.send(204, undefined, { allow, ...this.#origins.preflight(exchange.head, methods) });
    } else exchange.errorWith(new ParleyError("method_not_allowed"), { allow });
  }

  #head(res: HttpResponse, req: HttpRequest, path: string, shape: ErrorShape, options: RouteOptions) {
    const params = path.split("/:").length - 1;
    const { head, bad } = readHead(res, req, {
      settings: this.#settings,
      params,
      urlBytes: options.urlBytes,
    });
    const exchange = new Exchange(res, head, {
      shape,
      headers: this.#origins.headers(head),
      onAnswer: (status) => this.#metrics.requests.inc({ route: path, method: head.method, status }),
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

  #run(exchange: Exchange, route: string, work: () => void | Promise<void>): void {
    Promise.resolve()
      .then(work)
      .catch((cause: unknown) => {
        const error = toParleyError(cause);
        if (error.status === 500) this.#log.error({ err: cause, route }, "request failed");
        if (exchange.answered) exchange.drop();
        else exchange.error(error);
      });
  }
}

/**
 * Answers a bad head. Where it is not clear where the request ends the answer waits until all that was read is parsed:
 * uWebSockets.js then drops the connection instead of serving the rest as another request.
 */
function refuse(exchange: Exchange, { error, close }: BadHead): void {
  if (close) setImmediate(() => exchange.error(error, true));
  else exchange.error(error);
}
