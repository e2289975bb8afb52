import { t } from "../state/language.ts";
import { dismiss, toasts } from "../state/toasts.ts";
import { IconButton } from "./button.tsx";

/** The notices, above everything else. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, level, text, hint }) => (
        <div key={id} class={`toast ${level}`}>
          <p>
            <strong>{text}</strong>
            {hint && <span>{hint}</span>}
          </p>
          <IconButton icon="close" label={t("close")} onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
