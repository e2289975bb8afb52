import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "password" | "email" | "number" | "url" | "datetime-local" | "search";
  hint?: string | undefined;
  required?: boolean;
  autoComplete?: string;
  placeholder?: string;
  rows?: number;
  mono?: boolean;
}

/** A labelled input; with `rows`, of several lines. */
export function Field(props: FieldProps) {
  const id = useId();
  const {
    label,
    value,
    onInput,
    hint,
    rows,
    mono,
    autoComplete,
    type = "text",
    required,
    placeholder,
  } = props;
  const shared = {
    id,
    value,
    required: required ?? false,
    placeholder,
    class: mono ? "mono" : undefined,
    "aria-describedby": hint ? `${id}-hint` : undefined,
    onInput: (event: Event) => onInput((event.currentTarget as HTMLInputElement).value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows ? (
        <textarea rows={rows} {...shared} />
      ) : (
        <input type={type as "text"} autocomplete={autoComplete} {...shared} />
      )}
      {hint && (
        <small id={`${id}-hint`} class="muted">
          {hint}
        </small>
      )}
    </div>
  );
}

/** A labelled choice. */
export function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value as T)}
      >
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A switch with its words. */
export function Switch(props: {
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
  hidden?: boolean;
}) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        checked={props.on}
        aria-checked={props.on}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span class={props.hidden ? "sr-only" : undefined}>{props.label}</span>
    </label>
  );
}

/** A titled part of a page. */
export function Section(props: { title: string; action?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="section">
      <header>
        <h2>{props.title}</h2>
        {props.action}
      </header>
      {props.children}
    </section>
  );
}

/** A page with its title; `action` stands beside it. */
export function Page(props: {
  title: string;
  text?: string;
  action?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <main class="page" id="main">
      <header class="page-head">
        <div>
          <h1>{props.title}</h1>
          {props.text && <p class="muted">{props.text}</p>}
        </div>
        {props.action}
      </header>
      {props.children}
    </main>
  );
}
