import { ParleyError } from "../../../schemas/errors.ts";
import { parseForeignJson } from "../../../schemas/foreign-json.ts";
import { idSchema } from "../../../schemas/ids.ts";
import {
  type MessageState,
  newSessionInput,
  type SessionInput,
} from "../../../schemas/messages/session-input.ts";
import type { Principal } from "../../../schemas/principal.ts";
import { type NeoContext, neoContextSchema, neoQuerySchema } from "../../../schemas/wire/neo.ts";
import { checkQuota } from "../../admission/quota-check.ts";
import { EventStream } from "../../http/event-stream.ts";
import type { AnswerHeaders, Exchange } from "../../http/exchange.ts";
import { type Position, parsePosition } from "../../live/frame.ts";
import type { Following } from "../../live/hub.ts";
import type { Services } from "../../services.ts";
import { NeoReply } from "./neo-reply.ts";
import { acceptedAt, NeoRequest, type NeoTurn, neoMessageId } from "./neo-turn.ts";

interface Asked {
  exchange: Exchange;
  principal: Principal;
  /** Headers of the response, in addition to its own. */
  headers: AnswerHeaders;
  user: string;
  session: string;
  content: string;
  context: NeoContext | undefined;
  request: NeoRequest;
}

/** Time windows searched for a resumed turn that has left the stream. */
const windowsBack = 12;

/** Registers Yao Neo's chat, `GET /api/__yao/neo`. */
export function addNeoChat(services: Services): void {
  const chat = new NeoChat(services);
  const authorize = services.identity.authorizeUser("chat", { stream: true });
  const { headerBytes, messageUrlBytes } = services.settings.limits;
  for (const path of ["/api/__yao/neo", "/api/__yao/neo/"]) {
    services.router.route({
      method: "GET",
      path,
      urlBytes: Math.min(headerBytes, messageUrlBytes),
      authorize: (head) => {
        // This GET submits a message; HEAD must not.
        if (head.method === "HEAD") throw new ParleyError("method_not_allowed");
        return authorize(head);
      },
      handler: (exchange, { principal }) => chat.serve(exchange, principal),
    });
  }
}

class NeoChat {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  async serve(exchange: Exchange, principal: Principal | null): Promise<void> {
    const { admission, settings } = this.#services;
    const { head } = exchange;
    if (principal === null) throw new ParleyError("unauthorized");
    const { content, context } = neoQuerySchema.parse(Object.fromEntries(head.query));
    const user = principal.user_id;
    const session = idSchema.parse(`neo_${user}`);
    exchange.onOver(admission.takeStream(user));
    const request = new NeoRequest(user, content, context, settings.limits.neoAttachMs);
    const asked: Asked = {
      exchange,
      principal,
      headers: {},
      user,
      session,
      content,
      context: readContext(context),
      request,
    };
    const lastId = head.headers.get("last-event-id");
    if (lastId === undefined || lastId === "") return this.#begin(asked);
    const position = parsePosition(lastId);
    if (position === undefined) throw new ParleyError("invalid_request", { error: "Last-Event-ID 无效" });
    return this.#resume(asked, position);
  }

  /** Runs a new turn, or joins the one that the same request has just begun. */
  async #begin(asked: Asked): Promise<void> {
    const { user, session, request } = asked;
    const { hub, owner, submit, settings } = this.#services;
    const at = Date.now();
    const before = request.turn(at, 1);
    const state = await owner.state(user, session, before.clientMsgId, 0);
    if (isKnown(state) && at - acceptedAt(state.message_id) < settings.limits.neoAttachMs) {
      return this.#attach(asked, before, state);
    }
    if (!asked.content.startsWith("/")) asked.headers = await checkQuota(this.#services, asked.principal);
    const turn = request.turn(at);
    const reply = this.#reply(asked, { turn });
    const following = await hub.follow(user, reply, false);
    const result = await submit.message(inputOf(asked, turn, at), ({ state: late }) => {
      if (!asked.exchange.over) learned(reply, late);
    });
    if (result.kind === "accepted") return this.#open(asked, reply, following);
    following.leave();
    if (result.kind === "refused") throw result.error;
    await this.#attach(asked, turn, result.state);
  }

  async #attach(asked: Asked, turn: NeoTurn, state: MessageState): Promise<void> {
    const reply = this.#reply(asked, { turn });
    const following = await this.#services.hub.follow(asked.user, reply, true);
    if (state.status === "completed") reply.whole(state.text ?? "");
    this.#open(asked, reply, following);
  }

  /** Resumes after the client's last event; never runs a turn. */
  async #resume(asked: Asked, position: Position): Promise<void> {
    const { hub } = this.#services;
    const sameEpoch = position.epoch === hub.epoch;
    const reply = this.#reply(asked, { seen: sameEpoch ? position.seq : Number.MAX_SAFE_INTEGER });
    const following = await hub.follow(asked.user, reply, sameEpoch);
    if (reply.finished) return this.#nothing(asked, following);
    if (reply.turn !== undefined) return this.#open(asked, reply, following, position.seq);
    const found = await this.#find(asked);
    if (found === undefined) return this.#nothing(asked, following);
    following.leave();
    const late = this.#reply(asked, { turn: found.turn });
    const again = await hub.follow(asked.user, late, found.state.status === "queued");
    // How much of it the client has received is unknown by now.
    if (found.state.status !== "queued") late.fail("回复的一部分已丢失");
    this.#open(asked, late, again);
  }

  /** The newest turn of this request known to its session. */
  async #find({
    user,
    session,
    request,
  }: Asked): Promise<{ turn: NeoTurn; state: MessageState } | undefined> {
    const now = Date.now();
    const turns = Array.from({ length: windowsBack + 1 }, (_, back) => request.turn(now, back));
    const states = await Promise.all(
      turns.map(async (turn) => ({
        turn,
        state: await this.#services.owner.state(user, session, turn.clientMsgId, 0),
      })),
    );
    for (const { turn, state } of states) if (isKnown(state)) return { turn, state };
    return undefined;
  }

  #reply({ request, exchange, user, session }: Asked, of: { turn?: NeoTurn; seen?: number }): NeoReply {
    const { hub } = this.#services;
    const reply: NeoReply = new NeoReply({
      request,
      epoch: () => hub.epoch,
      ...of,
      onRestart: () => {
        if (reply.turn !== undefined) void this.#learn({ exchange, user, session }, reply, reply.turn);
      },
    });
    return reply;
  }

  #open({ exchange, principal, headers }: Asked, reply: NeoReply, following: Following, seq?: number): void {
    reply.onEnd = following.leave;
    exchange.onAbort(following.leave);
    if (exchange.over) {
      following.leave();
      return;
    }
    // One beyond the last frame: an accepted turn's id must differ from that of the frame that ended the
    // previous one.
    reply.open(
      new EventStream(exchange, this.#services.settings.limits, headers),
      seq ?? following.position.seq + 1,
    );
    this.#services.revocations.watch(exchange, principal, ({ message }) => reply.fail(message));
  }

  #nothing({ exchange }: Asked, following: Following): void {
    following.leave();
    exchange.send(204, undefined);
  }

  /** Queries the state of a turn whose frames are late or may be lost. */
  async #learn(
    { exchange, user, session }: Pick<Asked, "exchange" | "user" | "session">,
    reply: NeoReply,
    turn: NeoTurn,
  ): Promise<void> {
    if (exchange.over) return;
    learned(reply, await this.#services.owner.state(user, session, turn.clientMsgId));
  }
}

/** Applies a turn's state to its reply. */
function learned(reply: NeoReply, state: MessageState | undefined): void {
  if (!isKnown(state)) reply.fail(new ParleyError("service_unavailable").message);
  else if (state.status === "completed") reply.whole(state.text ?? "");
}

function isKnown(state: MessageState | undefined): state is MessageState {
  return state !== undefined && state.status !== "unknown";
}

function readContext(text: string | undefined): NeoContext | undefined {
  if (text === undefined || text === "") return undefined;
  const parsed = neoContextSchema.safeParse(parseForeignJson(text));
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join(".");
  throw new ParleyError("invalid_request", { error: `请求参数错误: context.${field}`, cause: parsed.error });
}

function inputOf({ user, session, content, context }: Asked, turn: NeoTurn, at: number): SessionInput {
  return newSessionInput({
    user,
    session,
    client_msg_id: turn.clientMsgId,
    message_id: neoMessageId(at),
    reply_id: turn.replyId,
    content,
    context,
    surface: "neo",
    at,
  });
}
