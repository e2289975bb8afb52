/** Titles of parts of a page, one of which is shown; the arrow keys move between them. */
export function Tabs<T extends string>(props: {
  label: string;
  shown: T;
  tabs: readonly (readonly [T, string])[];
  onShow: (tab: T) => void;
}) {
  const { label, shown, tabs, onShow } = props;
  const keys = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = tabs.findIndex(([name]) => name === shown);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    onShow(next[0]);
    const buttons = (event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=tab]");
    buttons[tabs.indexOf(next)]?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={keys}>
      {tabs.map(([name, text]) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={name === shown}
          tabIndex={name === shown ? 0 : -1}
          onClick={() => onShow(name)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
