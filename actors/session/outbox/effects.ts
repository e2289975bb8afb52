import type { Bus } from "../../../infra/bus/bus.ts";
import { encodeWithin } from "../../../infra/bus/fit.ts";
import type { Logger } from "../../../infra/log.ts";
import type { BridgeAddress, BridgeReply } from "../../../schemas/documents/bridge.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import { errorTable } from "../../../schemas/errors.ts";
import { bridgeReply } from "../../../schemas/messages/bridge.ts";
import type { TurnCompleted } from "../../../schemas/messages/event.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import { persist } from "../../storage/persist.ts";
import { finalFrames, type UnfinishedEnd, unfinishedFrames } from "./final-frames.ts";
import { TurnEvents } from "./turn-events.ts";

type OutboxBus = Pick<Bus, "appendText" | "maxBytes">;

/**
 * What follows a commit: the final frames and the event, each stored before the message may leave the log.
 * All of it can be repeated: the ids deduplicate within the server's window, and consumers are idempotent
 * after that.
 */
export class Effects {
  readonly #out: OutPublisher;
  readonly #bus: OutboxBus;
  readonly #events: TurnEvents;
  readonly #log: Logger;
  readonly #onTurn: (turn: Turn) => void;

  /** `onTurn` is called with each committed turn; nothing waits for it. */
  constructor(out: OutPublisher, bus: OutboxBus, log: Logger, onTurn: (turn: Turn) => void) {
    this.#out = out;
    this.#bus = bus;
    this.#events = new TurnEvents(bus, log);
    this.#log = log;
    this.#onTurn = onTurn;
  }

  /** Publishes what a committed turn causes. */
  async ofTurn(turn: Turn): Promise<void> {
    const id = `${turn._id.user}.${turn._id.session}.${turn._id.n}`;
    const frames = finalFrames(turn);
    if (turn.kind === "message") this.#onTurn(turn);
    await Promise.all([
      frames.length > 0 && this.#out.ending(turn._id.user, frames, `${id}.final`),
      turn.kind === "message" && this.#events.publish(completed(turn, `${id}.completed`)),
      turn.reply?.bridge && this.bridge(turn.reply.bridge, bridgeText(turn, turn.reply), `${id}.bridge`),
    ]);
  }

  /** Answers a message that was unfinished when its session was deleted. */
  ofDeleted(input: SessionInput, seq: number, replyBegun: boolean): Promise<void> {
    const end = { errorType: "session_not_found", finish_reason: "cancelled", replyBegun } as const;
    return this.#unfinished(input, `${input.user}.${input.session}.${seq}.deleted`, end);
  }

  /** Answers a message that no turn can be committed for. */
  ofFailed(input: SessionInput, seq: number): Promise<void> {
    const end = { errorType: "internal_error", finish_reason: "failed", replyBegun: true } as const;
    return this.#unfinished(input, `${input.user}.${input.session}.${seq}.failed`, end);
  }

  async #unfinished(input: SessionInput, id: string, end: UnfinishedEnd): Promise<void> {
    await this.#out.ending(input.user, unfinishedFrames(input, end), id);
    if (input.bridge) await this.bridge(input.bridge, errorTable[end.errorType].error, `${id}.bridge`);
  }

  /** Stores a reply for the bridge of its chat platform, whether that is connected or not. */
  async bridge(address: BridgeAddress, text: string, id: string): Promise<void> {
    if (text === "") return;
    const reply = encodeWithin({ id, address, text } satisfies BridgeReply, this.#bus.maxBytes);
    if (reply.cut !== undefined) this.#log.error({ id, bytes: reply.cut }, "bridge reply too large, cut");
    const to = { platform: address.platform, self: address.self };
    await persist(this.#log, "bridge", () => this.#bus.appendText(bridgeReply, reply.text, { to, id }));
  }
}

function completed(turn: Turn, id: string): TurnCompleted {
  return {
    id,
    user: turn._id.user,
    session: turn._id.session,
    n: turn._id.n,
    finish_reason: turn.finish_reason ?? "stop",
    messages: turn.messages,
    ...(turn.replaces && { replaces: turn.replaces }),
    ...(turn.usage && { usage: turn.usage }),
    at: turn.at.getTime(),
  };
}

/** Text for a chat platform: the reply, then the error. */
function bridgeText(turn: Turn, { text, error }: NonNullable<Turn["reply"]>): string {
  const reply = text ?? turn.messages.find(({ role }) => role === "assistant")?.content ?? "";
  return [reply, error ?? ""].filter((part) => part !== "").join("\n\n");
}
