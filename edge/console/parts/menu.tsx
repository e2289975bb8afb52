import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

/** One line of a menu. */
export interface MenuEntry {
  icon: IconName;
  label: string;
  act: () => unknown;
  disabled?: boolean;
  danger?: boolean;
}

/** A button that opens a list of actions; the arrow keys move in it. */
export function Menu({ label, entries }: { label: string; entries: readonly MenuEntry[] }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    root.current?.querySelector<HTMLButtonElement>("[role=menuitem]:not([disabled])")?.focus();
    const outside = (event: Event) => root.current?.contains(event.target as Node) || setOpen(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      setOpen(false);
      root.current?.querySelector<HTMLButtonElement>(".icon-button")?.focus();
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const items = [
      ...(root.current?.querySelectorAll<HTMLButtonElement>("[role=menuitem]:not([disabled])") ?? []),
    ];
    const at = items.indexOf(document.activeElement as HTMLButtonElement);
    items.at((at + (event.key === "ArrowDown" ? 1 : -1)) % items.length)?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears the keys of the buttons in it
    <div class="menu" ref={root} onKeyDown={keys}>
      <IconButton icon="more" label={label} pressed={open} onClick={() => setOpen(!open)} />
      {open && (
        <div class="menu-list" role="menu" aria-label={label}>
          {entries.map((entry) => (
            <button
              key={entry.label}
              type="button"
              role="menuitem"
              class={entry.danger ? "danger" : undefined}
              disabled={entry.disabled}
              onClick={() => {
                setOpen(false);
                void entry.act();
              }}
            >
              <Icon name={entry.icon} size={18} />
              {entry.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
