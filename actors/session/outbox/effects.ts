import type { StreamPublisher } from "../../../infra/bus/stream-publisher.ts";
import type { Logger } from "../../../infra/log.ts";
import type { BridgeAddress, BridgeReply } from "../../../schemas/documents/bridge.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import { errorTable } from "../../../schemas/errors.ts";
import type { TurnCompleted } from "../../../schemas/messages/event.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import { persist } from "../../storage/persist.ts";
import { deletedFrames, finalFrames } from "./final-frames.ts";
import { TurnEvents } from "./turn-events.ts";

/**
 * What follows from a commit: the final frames and the event, each stored before the message may leave the log. All of
 * it can be repeated: the ids make a repetition one message within the server's window, consumers do after that.
 */
export class Effects {
  readonly #out: OutPublisher;
  readonly #publisher: StreamPublisher;
  readonly #events: TurnEvents;
  readonly #log: Logger;
  readonly #beside: (turn: Turn) => void;

  /** `beside` is called with each committed turn; nothing waits for what it does. */
  constructor(out: OutPublisher, publisher: StreamPublisher, log: Logger, beside: (turn: Turn) => void) {
    this.#out = out;
    this.#publisher = publisher;
    this.#events = new TurnEvents(publisher, log);
    this.#log = log;
    this.#beside = beside;
  }

  /** Publishes what a committed turn causes. */
  async ofTurn(turn: Turn): Promise<void> {
    const id = `${turn._id.user}.${turn._id.session}.${turn._id.n}`;
    const frames = finalFrames(turn);
    if (turn.kind === "message") this.#beside(turn);
    await Promise.all([
      frames.length > 0 && this.#out.ending(turn._id.user, frames, `${id}.final`),
      turn.kind === "message" && this.#events.publish(completed(turn, `${id}.completed`)),
      turn.reply?.bridge && this.bridge(turn.reply.bridge, bridgeText(turn, turn.reply), `${id}.bridge`),
    ]);
  }

  /** Answers a message that was unfinished when its session was deleted; `started`: its reply may have begun. */
  async ofDeleted(input: SessionInput, seq: number, started: boolean): Promise<void> {
    const items = deletedFrames(input, started);
    const id = `${input.user}.${input.session}.${seq}.deleted`;
    await this.#out.ending(input.user, items, id);
    if (input.bridge) await this.bridge(input.bridge, errorTable.session_not_found.error, `${id}.bridge`);
  }

  /** Hands a reply to the bridge of its chat platform, whether that is connected now or not. */
  async bridge(address: BridgeAddress, text: string, id: string): Promise<void> {
    if (text === "") return;
    const payload = JSON.stringify({ id, address, text } satisfies BridgeReply);
    const subject = subjects.bridgeOut(address.platform, address.self);
    await persist(this.#log, "bridge", () => this.#publisher.publish(subject, payload, id));
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

/** What a platform shows: the reply, and what went wrong. */
function bridgeText(turn: Turn, { text, error }: NonNullable<Turn["reply"]>): string {
  const said = text ?? turn.messages.find(({ role }) => role === "assistant")?.content ?? "";
  return [said, error ?? ""].filter((part) => part !== "").join("\n\n");
}
