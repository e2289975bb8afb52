import { isLarge } from "../../../infra/bus/large-payload.ts";
import { putAside } from "../../../infra/nats/large-message.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import type { Limits } from "../../../schemas/limits.ts";
import { subjectOf } from "../../../schemas/messages/define.ts";
import { statelessAnswer } from "../../../schemas/messages/out.ts";
import { edgeInterest, statelessTurn, turnCancel } from "../../../schemas/messages/stateless.ts";
import type { StatelessAnswer, StatelessTurn } from "../../../schemas/messages/stateless-turn.ts";
import type { NatsLink } from "../../nats-link.ts";
import type { Inbox } from "../../submit/inbox.ts";

/** Receives the messages of a turn, the last one `end` or `error`. */
export type AnswerReceiver = (answer: StatelessAnswer) => void;

interface Open {
  receive: AnswerReceiver;
  silence: NodeJS.Timeout;
}

const interestMs = 1_000;

/** Turns without a session that clients of this edge wait for. */
export class StatelessTurns {
  readonly #edge: string;
  readonly #link: NatsLink;
  readonly #inbox: Inbox;
  readonly #limits: Limits;
  readonly #open = new Map<string, Open>();
  #interest: NodeJS.Timeout | undefined;

  constructor(edge: string, link: NatsLink, inbox: Inbox, limits: Limits) {
    this.#edge = edge;
    this.#link = link;
    this.#inbox = inbox;
    this.#limits = limits;
    // Output is not stored: messages sent during a disconnect are lost.
    link.onDown(() => {
      for (const request of [...this.#open.keys()])
        this.#fail(request, new ParleyError("storage_unavailable"));
    });
  }

  /**
   * Requests a turn. Returns its cancel function, which stops the model's work.
   * @throws ParleyError `storage_unavailable`, `service_unavailable`
   */
  start(turn: Omit<StatelessTurn, "request" | "edge">, receive: AnswerReceiver): () => void {
    if (!this.#link.up) throw new ParleyError("storage_unavailable");
    if (this.#open.size >= this.#limits.statelessRequests) throw new ParleyError("service_unavailable");
    const request = newId("r_", 16);
    const payload = JSON.stringify({ ...turn, request, edge: this.#edge } satisfies StatelessTurn);
    this.#open.set(request, { receive, silence: this.#silence(request) });
    this.#inbox.add(request, statelessAnswer, {
      message: (answer) => this.#answer(request, answer),
      unserved: () => this.#fail(request, new ParleyError("service_unavailable")),
      invalid: () => this.#fail(request, new ParleyError("internal_error")),
    });
    if (isLarge(payload, this.#limits.natsMessageBytes)) void this.#publishAside(request, payload);
    else this.#publish(request, payload);
    this.#interest ??= setInterval(() => this.#sayInterest(), interestMs);
    return () => this.#cancel(request);
  }

  #publish(request: string, payload: string): void {
    const reply = subjectOf(statelessAnswer, { edge: this.#edge, request });
    this.#link.bus.signalText(statelessTurn, payload, {}, reply);
  }

  /** Images can exceed the message size: the request is stored, and the message refers to it. */
  async #publishAside(request: string, payload: string): Promise<void> {
    try {
      const aside = await putAside(this.#link.nc, payload);
      if (this.#open.has(request))
        this.#publish(request, JSON.stringify({ request, edge: this.#edge, aside }));
    } catch (cause) {
      this.#fail(request, new ParleyError("storage_unavailable", { cause }));
    }
  }

  /** Cancels all turns. */
  close(): void {
    for (const request of [...this.#open.keys()]) this.#cancel(request);
  }

  #answer(request: string, answer: StatelessAnswer): void {
    const open = this.#open.get(request);
    if (open === undefined) return;
    clearTimeout(open.silence);
    if (answer.kind === "end" || answer.kind === "error") this.#forget(request);
    else open.silence = this.#silence(request);
    open.receive(answer);
  }

  #silence(request: string): NodeJS.Timeout {
    return setTimeout(() => {
      const open = this.#open.get(request);
      this.#cancel(request);
      open?.receive(errorAnswer(new ParleyError("service_unavailable")));
    }, this.#limits.statelessSilenceMs);
  }

  #fail(request: string, error: ParleyError): void {
    const open = this.#open.get(request);
    this.#forget(request);
    open?.receive(errorAnswer(error));
  }

  #cancel(request: string): void {
    if (!this.#open.has(request)) return;
    this.#forget(request);
    this.#link.bus.signal(turnCancel, { request });
  }

  #forget(request: string): void {
    clearTimeout(this.#open.get(request)?.silence);
    this.#open.delete(request);
    this.#inbox.remove(request);
    if (this.#open.size > 0) return;
    clearInterval(this.#interest);
    this.#interest = undefined;
  }

  #sayInterest(): void {
    const requests = [...this.#open.keys()];
    this.#link.bus.signal(edgeInterest, { requests }, { edge: this.#edge });
  }
}

function errorAnswer({ errorType, message }: ParleyError): StatelessAnswer {
  return { kind: "error", errorType, message };
}
