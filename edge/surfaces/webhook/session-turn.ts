import { ParleyError } from "../../../schemas/errors.ts";
import { newSessionInput, type SessionInput } from "../../../schemas/messages/session-input.ts";
import { checkQuota } from "../../admission/quota-check.ts";
import type { Services } from "../../services.ts";
import { AwaitedReply, type Reply } from "./awaited-reply.ts";

/** A message from another system. */
export interface ExternalMessage extends Pick<SessionInput, "user" | "session" | "content" | "mode"> {
  /** Idempotency key: the same id twice is one message. */
  clientMsgId?: string;
}

/** Runs turns of sessions for callers that wait for the whole reply. */
export class SessionTurns {
  readonly #services: Services;
  #open = 0;

  constructor(services: Services) {
    this.#services = services;
  }

  /**
   * Submits a message to its session and waits until its turn has ended.
   * @throws ParleyError the turn's error, `llm_unavailable` on timeout
   */
  async run(message: ExternalMessage): Promise<Reply> {
    const { admission, settings } = this.#services;
    const { webhookReplies } = settings.limits;
    if (this.#open >= webhookReplies) throw new ParleyError("service_unavailable");
    const release = admission.takeStream(message.user);
    this.#open += 1;
    try {
      return await this.#run(inputOf(message));
    } finally {
      release();
      this.#open -= 1;
    }
  }

  async #run(input: SessionInput): Promise<Reply> {
    const { hub, submit, owner, settings, link } = this.#services;
    const { user, session, client_msg_id, reply_id } = input;
    if (!link.up) throw new ParleyError("storage_unavailable");
    if (!input.content.startsWith("/"))
      await checkQuota(this.#services, { user_id: user, nickname: "", is_admin: false });
    const reply = new AwaitedReply(client_msg_id, reply_id);
    const learn = () => void owner.state(user, session, client_msg_id).then((state) => reply.found(state));
    reply.onRestart = learn;
    const following = await hub.follow(user, reply, false);
    const timer = setTimeout(
      () => reply.fail(new ParleyError("llm_unavailable", { error: "AI 服务暂不可用: 回复超时" })),
      settings.limits.webhookReplyMs,
    );
    try {
      const result = await submit.message(input, ({ state }) => reply.found(state));
      if (result.kind === "refused") throw result.error;
      if (result.kind === "duplicate") reply.found(result.state);
      return await reply.done;
    } finally {
      clearTimeout(timer);
      submit.forget(input);
      following.leave();
    }
  }
}

function inputOf({ user, session, content, mode, clientMsgId }: ExternalMessage): SessionInput {
  return newSessionInput({
    user,
    session,
    client_msg_id: clientMsgId,
    content,
    mode,
    surface: "webhook",
  });
}
