import type { ComponentChildren } from "preact";
import { t } from "../state/language.ts";
import type { Asked } from "../state/store.ts";
import { wordsOf } from "../state/toasts.ts";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

/** What stands where nothing is yet: what this place is for, and the first step. */
export function Empty(props: { icon: IconName; title: string; text: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={props.icon} size={28} />
      </span>
      <h2>{props.title}</h2>
      <p>{props.text}</p>
      {props.children}
    </div>
  );
}

/** An error, what to do about it, and another try. */
export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const { text, hint } = wordsOf(error);
  return (
    <div class="failure" role="alert">
      <p>
        <strong>{text}</strong>
        {hint && <span> {hint}</span>}
      </p>
      {again && <Button icon="refresh" label={t("tryAgain")} onClick={again} />}
    </div>
  );
}

/** Shows an answer once it is there; before that, that it is coming, or why it is not. */
export function Loaded<T>({
  asked,
  children,
}: {
  asked: Asked<T>;
  children: (value: T) => ComponentChildren;
}) {
  if (asked.value !== undefined) return <>{children(asked.value)}</>;
  if (asked.error !== undefined) return <Failure error={asked.error} again={asked.again} />;
  return <Waiting />;
}

/** Lines that pulse while something is read. */
export function Waiting() {
  return (
    <div class="waiting" role="status" aria-label={t("loading")}>
      <span />
      <span />
      <span />
    </div>
  );
}
