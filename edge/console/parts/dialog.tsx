import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../state/language.ts";
import { Button, IconButton, Row } from "./button.tsx";

/** A window above the page. Escape, its cross and a press beside it close it; the focus returns to where it was. */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => (before instanceof HTMLElement ? before.focus() : undefined);
  }, []);
  return (
    <dialog
      ref={element}
      class={props.wide ? "dialog wide" : "dialog"}
      aria-label={props.title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onClick={(event) => event.target === element.current && props.onClose()}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div class="dialog-body">
        <header>
          <h2>{props.title}</h2>
          <IconButton icon="close" label={t("close")} onClick={props.onClose} />
        </header>
        {props.children}
      </div>
    </dialog>
  );
}

interface Question {
  title: string;
  text: string;
  action: string;
  answer: (yes: boolean) => void;
}

const question = signal<Question | undefined>(undefined);

/** Asks before something that can't be undone. */
export function confirm(title: string, text: string, action: string): Promise<boolean> {
  return new Promise((answer) => {
    question.value = { title, text, action, answer };
  });
}

/** Shows the question of {@link confirm}. */
export function ConfirmDialog() {
  const asked = question.value;
  if (asked === undefined) return null;
  const close = (yes: boolean) => {
    question.value = undefined;
    asked.answer(yes);
  };
  return (
    <Dialog title={asked.title} onClose={() => close(false)}>
      <p>{asked.text}</p>
      <Row end>
        <Button label={t("cancel")} onClick={() => close(false)} />
        <Button kind="danger" label={asked.action} onClick={() => close(true)} />
      </Row>
    </Dialog>
  );
}
