import { useState } from "preact/hooks";
import type { Answer } from "../../../client/index.ts";
import { Button, IconButton, Row } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Choice, Field, Section } from "../../parts/field.tsx";
import { Empty, Loaded } from "../../parts/state.tsx";
import { shortTime } from "../../parts/time.ts";
import { client } from "../../state/account.ts";
import { t } from "../../state/language.ts";
import { useAsked } from "../../state/store.ts";
import { attempt } from "../../state/toasts.ts";

type Reminder = Answer<"listReminders">["reminders"][number];
type Repeat = Reminder["repeat_type"];

/** Reminders, the next one first. */
export function Reminders() {
  const asked = useAsked(() => client().api.listReminders({ query: { limit: 200 } }), []);
  const [edited, setEdited] = useState<{ reminder: Reminder | undefined }>();
  const make = (
    <Button
      kind="primary"
      icon="plus"
      label={t("newReminder")}
      onClick={() => setEdited({ reminder: undefined })}
    />
  );
  return (
    <Section title={t("reminders")} action={make}>
      <Loaded asked={asked}>
        {({ reminders }) =>
          reminders.length === 0 ? (
            <Empty icon="bell" title={t("noReminders")} text={t("noRemindersText")} />
          ) : (
            <ul class="lines">
              {[...reminders].sort(pendingFirst).map((reminder) => (
                <Line
                  key={reminder.id}
                  reminder={reminder}
                  again={asked.again}
                  onEdit={() => setEdited({ reminder })}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
      {edited && (
        <ReminderForm reminder={edited.reminder} onClose={() => setEdited(undefined)} onSaved={asked.again} />
      )}
    </Section>
  );
}

function pendingFirst(a: Reminder, b: Reminder): number {
  const rank = ({ status }: Reminder) => (status === "pending" ? 0 : 1);
  return rank(a) - rank(b) || a.remind_at.localeCompare(b.remind_at);
}

const repeats = {
  none: "repeat_none",
  daily: "repeat_daily",
  weekly: "repeat_weekly",
  monthly: "repeat_monthly",
} as const;
const states = { pending: "pending", completed: "completed", cancelled: "cancelled" } as const;

function Line({ reminder, again, onEdit }: { reminder: Reminder; again: () => void; onEdit: () => void }) {
  const { api } = client();
  const params = { id: reminder.id };
  const act = async (work: () => Promise<unknown>) => {
    await attempt(work);
    again();
  };
  const open = reminder.status === "pending";
  return (
    <li>
      <IconButton
        icon="check"
        label={t("complete", { title: reminder.title })}
        disabled={!open}
        onClick={() => act(() => api.updateReminder({ params, body: { status: "completed" } }))}
      />
      <span class="grow">
        <strong>{reminder.title}</strong>
        <span class="muted">
          {shortTime(reminder.remind_at)}
          {reminder.repeat_type !== "none" && ` · ${t(repeats[reminder.repeat_type])}`}
        </span>
      </span>
      {!open && <span class="badge">{t(states[reminder.status])}</span>}
      <IconButton icon="edit" label={t("edit")} onClick={onEdit} />
      <IconButton
        icon="trash"
        label={t("delete")}
        onClick={() => act(() => api.deleteReminder({ params }))}
      />
    </li>
  );
}

function ReminderForm(props: { reminder: Reminder | undefined; onClose: () => void; onSaved: () => void }) {
  const { reminder, onClose, onSaved } = props;
  const [title, setTitle] = useState(reminder?.title ?? "");
  const [at, setAt] = useState(() => localInput(reminder?.remind_at ?? new Date(Date.now() + 3_600_000)));
  const [repeat, setRepeat] = useState<Repeat>(reminder?.repeat_type ?? "none");
  const save = async (event: Event) => {
    event.preventDefault();
    const { api } = client();
    const body = { title, remind_at: new Date(at).toISOString(), repeat_type: repeat };
    const saved = await attempt(
      () =>
        reminder === undefined
          ? api.createReminder({ body })
          : api.updateReminder({ params: { id: reminder.id }, body: { ...body, status: "pending" } }),
      t("saved"),
    );
    if (!saved) return;
    onSaved();
    onClose();
  };
  return (
    <Dialog title={reminder?.title ?? t("newReminder")} onClose={onClose}>
      <form class="form" onSubmit={save}>
        <Field label={t("title")} value={title} onInput={setTitle} required />
        <div class="form-row">
          <Field label={t("time")} type="datetime-local" value={at} onInput={setAt} required />
          <Choice<Repeat>
            label={t("repeat")}
            value={repeat}
            options={(Object.keys(repeats) as Repeat[]).map((one) => [one, t(repeats[one])])}
            onChange={setRepeat}
          />
        </div>
        <Row end>
          <Button label={t("cancel")} onClick={onClose} />
          <Button kind="primary" type="submit" label={t("save")} />
        </Row>
      </form>
    </Dialog>
  );
}

/** A time as `datetime-local` has it: local, without a zone. */
function localInput(at: string | Date): string {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
