import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import { Watch } from "../judge/waiting.ts";

const program = fileURLToPath(new URL("./onebot-program.js", import.meta.url));

/** A call that the client received. */
export interface OnebotCall {
  action: string;
  params: {
    user_id?: number;
    group_id?: number;
    message: { type: string; data: Record<string, string> }[];
  };
}

/** A OneBot client in a separate process. */
export class Onebot {
  readonly self: string;
  readonly calls: OnebotCall[] = [];
  readonly lines: { event: string; status?: number }[] = [];
  readonly #child: ChildProcess;
  readonly #watch = new Watch();
  #messages = 0;

  constructor(self: string, child: ChildProcess) {
    this.self = self;
    this.#child = child;
    if (child.stdout === null) throw new Error("no output");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const told = JSON.parse(line) as { event: string } & OnebotCall;
      this.lines.push(told);
      if (told.event === "call") this.calls.push(told);
      this.#watch.changed();
    });
  }

  /** Starts one; ended with the test. */
  static start(
    t: Pick<ExecutionContext, "teardown">,
    options: { url: string; self: string; token?: string; role?: string },
  ): Onebot {
    const { token, role = "Universal" } = options;
    const named = ["--url", options.url, "--self", options.self, "--role", role];
    const child = spawn(process.execPath, [program, ...named, ...(token ? ["--token", token] : [])], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    t.teardown(() => child.kill("SIGKILL"));
    return new Onebot(options.self, child);
  }

  /** Waits for an output line. */
  told(event: string, count = 1): Promise<unknown> {
    return this.until(() => this.lines.filter((line) => line.event === event).length >= count, event);
  }

  until<T>(look: () => T | undefined | false, what: string): Promise<T> {
    return this.#watch.until(look, 20_000, `OneBot ${this.self}: ${what}`);
  }

  /** Waits for a call whose text contains `text`. */
  reply(text: string): Promise<OnebotCall> {
    return this.until(() => this.calls.find((call) => textOf(call).includes(text)), `a reply with ${text}`);
  }

  /** Sends a private message of a user. Returns the event, for repeats. */
  say(user: number, message: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
    const event = {
      time: 1_700_000_000 + ++this.#messages,
      self_id: Number(this.self),
      post_type: "message",
      message_type: "private",
      sub_type: "friend",
      message_id: -this.#messages,
      user_id: user,
      message,
      raw_message: "",
      font: 0,
      sender: { user_id: user, nickname: "n" },
      ...more,
    };
    this.send(event);
    return event;
  }

  send(event: unknown): void {
    this.#command({ do: "event", event });
  }

  /** Closes the connection; the client reconnects. */
  cut(): void {
    this.#command({ do: "cut" });
  }

  /** `refusal`: what the next `fail` sends are answered; `messages`: what `get_msg` answers, by id; `forwards`: what
   * `get_forward_msg` answers; `records`: what `get_record` answers, by file. */
  set(set: {
    answers?: boolean;
    fail?: number;
    refusal?: { retcode: number | string; wording: string };
    connect?: boolean;
    messages?: Record<string, unknown>;
    forwards?: Record<string, unknown>;
    records?: Record<string, unknown>;
  }): void {
    this.#command({ do: "set", set });
  }

  /** Connects now, and to `url` from now on if given. */
  dial(url?: string): void {
    this.#command({ do: "dial", url });
  }

  #command(command: unknown): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
  }
}

/** The text of a call's message. */
export function textOf({ params }: OnebotCall): string {
  return params.message
    .map(({ type, data }) => (type === "text" ? data.text : ""))
    .join("")
    .trim();
}
