import { useEffect } from "preact/hooks";
import { Button, Row } from "../parts/button.tsx";
import { Page } from "../parts/field.tsx";
import { Empty } from "../parts/state.tsx";
import { shortTime } from "../parts/time.ts";
import { t } from "../state/language.ts";
import { clearNotifications, markAllRead, notifications } from "../state/notices.ts";

/** Notifications that came to this device. */
export default function Notifications() {
  useEffect(() => () => markAllRead(), []);
  const list = notifications.value;
  const actions = (
    <Row>
      <Button
        icon="check"
        label={t("markRead")}
        onClick={markAllRead}
        disabled={list.every(({ read }) => read)}
      />
      <Button icon="trash" label={t("clear")} onClick={clearNotifications} disabled={list.length === 0} />
    </Row>
  );
  return (
    <Page title={t("notifications")} text={t("notificationsText")} action={actions}>
      {list.length === 0 && (
        <Empty icon="bell" title={t("noNotifications")} text={t("noNotificationsText")} />
      )}
      {list.length > 0 && (
        <ul class="lines">
          {list.map((one) => (
            <li key={one.id}>
              <span class="grow">
                <strong>{one.title}</strong>
                <span>{one.body}</span>
                <span class="muted">{shortTime(one.timestamp)}</span>
              </span>
              {!one.read && <span class="dot" role="img" aria-label={t("unread")} />}
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
