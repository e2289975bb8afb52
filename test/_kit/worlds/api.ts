import type { AnyFrame } from "../clients/wire-socket.ts";
import { type System, type SystemOptions, startSystem } from "./system.ts";
import { mintToken } from "./token.ts";

/** The caller: an access token, or a user for whom one is created; null = anonymous. */
export type Caller = { token: string } | { user: string } | null;

/** A response; `body` is its parsed JSON, if any. */
export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  body: AnyFrame;
}

/** The REST API of a complete system: one edge and one actor process on real engines. */
export class Api {
  readonly system: System;

  constructor(system: System) {
    this.system = system;
  }

  static async start(options: SystemOptions = {}): Promise<Api> {
    return new Api(await startSystem({ edges: 1, actors: 1, ...options }));
  }

  /** One call to the first running edge; an object `body` is sent as JSON. */
  async call(method: string, path: string, caller: Caller, body?: unknown): Promise<Reply> {
    const [port] = this.system.ports();
    const token = caller === null ? undefined : "token" in caller ? caller.token : mintToken(caller.user);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.startsWith("application/json");
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (json ? JSON.parse(text) : {}) as AnyFrame,
    };
  }

  stop(): Promise<void> {
    return this.system.stop();
  }
}
