import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Icon, type IconName } from "./icon.tsx";

interface ButtonProps {
  label: string;
  icon?: IconName;
  kind?: "primary" | "plain" | "danger" | "quiet";
  disabled?: boolean | undefined;
  type?: "button" | "submit";
  onClick?: (() => unknown) | undefined;
}

/** A button with its words. While what it does takes time it can't be pressed again. */
export function Button({ label, icon, kind = "plain", disabled, type = "button", onClick }: ButtonProps) {
  const [busy, press] = usePress(onClick);
  return (
    <button type={type} class={`button ${kind}`} disabled={disabled || busy} aria-busy={busy} onClick={press}>
      {icon && <Icon name={icon} size={18} />}
      <span>{label}</span>
    </button>
  );
}

interface IconButtonProps {
  label: string;
  icon: IconName;
  disabled?: boolean;
  pressed?: boolean | undefined;
  danger?: boolean;
  onClick: () => unknown;
}

/** A button with a drawing alone; its words are for the pointer that rests on it and for screen readers. */
export function IconButton({ label, icon, disabled, pressed, danger, onClick }: IconButtonProps) {
  const [busy, press] = usePress(onClick);
  return (
    <button
      type="button"
      class={`icon-button${danger ? " danger" : ""}`}
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled || busy}
      onClick={press}
    >
      <Icon name={icon} />
    </button>
  );
}

function usePress(onClick: (() => unknown) | undefined): [boolean, () => void] {
  const [busy, setBusy] = useState(false);
  const press = () => {
    const result = onClick?.();
    if (!(result instanceof Promise)) return;
    setBusy(true);
    void result.finally(() => setBusy(false));
  };
  return [busy, press];
}

/** Buttons in a row. */
export function Row({ children, end }: { children: ComponentChildren; end?: boolean }) {
  return <div class={end ? "row end" : "row"}>{children}</div>;
}
