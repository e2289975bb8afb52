import WebSocket from "ws";
import { z } from "zod";
import type { LoadOptions } from "./options.ts";

/** A user of the load. */
export interface LoadUser {
  user_id: string;
  token: string;
}

const createdSchema = z.object({
  users: z.array(z.object({ user_id: z.string(), token: z.string() })),
});
const loginSchema = z.object({ user_id: z.string(), token: z.string() });
const usersPerCall = 1_000;
const erasedAtOnce = 8;

/** Creates the users of a load with an administrator's token, and deletes them. */
export class LoadUsers {
  readonly #url: string;
  readonly #admin: LoadUser;
  #created: LoadUser[] = [];

  private constructor(url: string, admin: LoadUser) {
    this.#url = url;
    this.#admin = admin;
  }

  /** Logs the administrator in. @throws Error that names the missing or invalid option */
  static async open({ url, token, username, password }: LoadOptions): Promise<LoadUsers> {
    if (token !== undefined) {
      const profile = await call(url, "GET", "/api/v1/profile", token);
      const { user_id } = z.object({ user_id: z.string() }).parse(profile);
      return new LoadUsers(url, { user_id, token });
    }
    if (password === undefined)
      throw new Error(
        "no administrator: give --token, or --password, or run in the folder of the installation",
      );
    const answer = await call(url, "POST", "/api/v1/auth/login", undefined, { username, password });
    return new LoadUsers(url, loginSchema.parse(answer));
  }

  get administrator(): LoadUser {
    return this.#admin;
  }

  /** Creates `count` users under an unused prefix. */
  async create(count: number): Promise<LoadUser[]> {
    const run = `load_${Date.now().toString(36)}`;
    for (let made = 0; made < count; made += usersPerCall) {
      const body = { count: Math.min(usersPerCall, count - made), prefix: `${run}_${made / usersPerCall}` };
      const answer = await call(this.#url, "POST", "/api/v1/admin/users", this.#admin.token, body);
      this.#created.push(...createdSchema.parse(answer).users);
    }
    return this.#created;
  }

  /** Whether ordinary users may open `/ws/chat` (`CHAT_USERS=all`). */
  mayChat({ token }: LoadUser): Promise<boolean> {
    const address = new URL("/ws/chat", this.#url);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address, { headers: { authorization: `Bearer ${token}` } });
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(true));
      socket.once("unexpected-response", (_, { statusCode }) => resolve(statusCode !== 403));
      socket.once("error", reject);
    }).finally(() => socket.terminate()) as Promise<boolean>;
  }

  /** Deletes the created users with all of their data. */
  async erase(): Promise<void> {
    const users = this.#created;
    this.#created = [];
    const eraser = async (): Promise<void> => {
      for (let user = users.pop(); user !== undefined; user = users.pop())
        await call(this.#url, "DELETE", `/api/v1/admin/users/${user.user_id}`, this.#admin.token);
    };
    await Promise.all(Array.from({ length: erasedAtOnce }, eraser));
  }
}

async function call(
  url: string,
  method: string,
  path: string,
  token: string | undefined,
  body?: object,
): Promise<unknown> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      "content-type": "application/json",
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  const { error, hint } = z
    .object({ error: z.string().optional(), hint: z.string().optional() })
    .parse(answer);
  throw new Error(`${method} ${path}: ${response.status} ${error ?? ""} ${hint ?? ""}`.trim());
}
