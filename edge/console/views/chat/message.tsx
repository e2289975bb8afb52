import type { ChatMessage, Session } from "../../../client/index.ts";
import { IconButton } from "../../parts/button.tsx";
import { shortTime } from "../../parts/time.ts";
import { t } from "../../state/language.ts";
import { memo } from "../../state/memo.ts";
import { attempt, toast } from "../../state/toasts.ts";
import { Attachments } from "./attachments.tsx";
import { Reply } from "./reply.tsx";

interface Props {
  message: ChatMessage;
  session: Session;
  /** Whether it is the last reply: another one may be asked for. */
  last: boolean;
  idle: boolean;
}

/** One message as its kind asks for it. */
export const Message = memo(({ message, session, last, idle }: Props) => {
  const mine = message.role === "user";
  return (
    <article
      class={`message ${mine ? "mine" : "theirs"} ${message.status}`}
      id={message.message_id && `message-${message.message_id}`}
      tabIndex={-1}
      aria-label={t(mine ? "yourMessage" : "reply")}
    >
      {mine ? <Own message={message} session={session} /> : <Reply message={message} session={session} />}
      <footer>
        <time dateTime={new Date(message.created_at).toISOString()}>{shortTime(message.created_at)}</time>
        {mine && <Device message={message} />}
        {!mine && message.model && <span>{message.model}</span>}
        {!mine && message.status === "cancelled" && <span>{t("stopped")}</span>}
        {!mine && message.status === "failed" && <span class="bad">{t("failed")}</span>}
        {message.status !== "streaming" && message.content !== "" && (
          <span class="message-actions">
            <IconButton icon="copy" label={t("copy")} onClick={() => copy(message.content)} />
            {last && idle && !mine && message.message_id && (
              <IconButton
                icon="refresh"
                label={t("regenerate")}
                onClick={() => session.regenerate(message.message_id ?? "")}
              />
            )}
          </span>
        )}
      </footer>
    </article>
  );
});

async function copy(text: string): Promise<void> {
  await attempt(() => navigator.clipboard.writeText(text));
  toast("success", t("copied"));
}

function Own({ message, session }: { message: ChatMessage; session: Session }) {
  const id = message.client_msg_id ?? message.key;
  return (
    <>
      {message.attachments && <Attachments attachments={message.attachments} />}
      {message.content !== "" && <div class="bubble">{message.content}</div>}
      {message.error && (
        <div class="message-error" role="alert">
          <span>
            {message.error.error}
            {message.error.hint && ` ${message.error.hint}`}
          </span>
          {message.status === "failed" && (
            <>
              <IconButton icon="refresh" label={t("sendAgain")} onClick={() => session.retry(id)} />
              <IconButton icon="trash" label={t("discard")} onClick={() => session.discard(id)} />
            </>
          )}
        </div>
      )}
    </>
  );
}

/** Where a message stands, or on which other device it was written. */
function Device({ message }: { message: ChatMessage }) {
  if (message.status === "sending") return <span>{t("sending")}</span>;
  if (message.status === "queued") return <span>{t("queued")}</span>;
  const { device_name, client_id } = message.client_info ?? {};
  const here = client_id === localStorage.getItem("parley.client");
  return device_name && !here ? <span>{t("from", { device: device_name })}</span> : null;
}
