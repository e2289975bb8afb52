import { useState } from "preact/hooks";
import { type ChatMessage, hasEndpoint, type Session } from "../../../client/index.ts";
import { Button, IconButton, Row } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Field } from "../../parts/field.tsx";
import { t } from "../../state/language.ts";
import { attempt } from "../../state/toasts.ts";

/** Older servers have a queue that nobody can change. */
const changeable = hasEndpoint("/queue");

/** Messages that wait for their turn. They can be changed from any device until it begins. */
export function Queue({ session, queue }: { session: Session; queue: readonly ChatMessage[] }) {
  const [editing, setEditing] = useState<ChatMessage>();
  if (queue.length === 0) return null;
  return (
    <details class="queue" open>
      <summary>{t("waiting", { count: queue.length })}</summary>
      <ol>
        {queue.map((message, at) => {
          const id = message.message_id;
          return (
            <li key={message.key}>
              <span class="queue-text">{message.content}</span>
              {id && changeable && (
                <span class="queue-actions">
                  <IconButton icon="edit" label={t("edit")} onClick={() => setEditing(message)} />
                  <IconButton
                    icon="up"
                    label={t("moveUp")}
                    disabled={at === 0}
                    onClick={() => attempt(() => session.moveQueued(id, at))}
                  />
                  <IconButton
                    icon="close"
                    label={t("cancelMessage")}
                    onClick={() => attempt(() => session.cancelQueued(id))}
                  />
                </span>
              )}
            </li>
          );
        })}
      </ol>
      {editing && <EditDialog session={session} message={editing} onClose={() => setEditing(undefined)} />}
    </details>
  );
}

function EditDialog(props: { session: Session; message: ChatMessage; onClose: () => void }) {
  const { session, message, onClose } = props;
  const [text, setText] = useState(message.content);
  const save = async () => {
    if (await attempt(() => session.editQueued(message.message_id ?? "", text))) onClose();
  };
  return (
    <Dialog title={t("editMessage")} onClose={onClose}>
      <Field label={t("message")} value={text} onInput={setText} rows={5} />
      <Row end>
        <Button label={t("cancel")} onClick={onClose} />
        <Button kind="primary" label={t("save")} disabled={text.trim() === ""} onClick={save} />
      </Row>
    </Dialog>
  );
}
