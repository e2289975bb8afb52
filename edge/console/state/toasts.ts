import { signal } from "@preact/signals";
import { RequestError } from "../../client/index.ts";
import { t } from "./language.ts";

/** A notice that goes by itself. */
export interface Toast {
  id: number;
  level: "info" | "success" | "warning" | "error";
  text: string;
  hint?: string | undefined;
}

const shownMs = { info: 5_000, success: 3_000, warning: 8_000, error: 10_000 };
const most = 4;
let last = 0;

/** Notices that are shown, the oldest first. */
export const toasts = signal<readonly Toast[]>([]);

/** Shows a notice; the same text is shown once. */
export function toast(level: Toast["level"], text: string, hint?: string): void {
  const id = ++last;
  const others = toasts.value.filter((one) => one.text !== text);
  toasts.value = [...others, { id, level, text, hint }].slice(-most);
  setTimeout(() => dismiss(id), shownMs[level]);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

/** Tells what went wrong, and what to do. */
export function toastError(error: unknown): void {
  const { text, hint } = wordsOf(error);
  toast("error", text, hint);
}

/** An error in the user's words. */
export function wordsOf(error: unknown): { text: string; hint?: string | undefined } {
  if (error instanceof RequestError) {
    if (error.errorType === "network") return { text: t("unreachable"), hint: t("unreachableHint") };
    return { text: error.message, hint: error.hint };
  }
  return { text: error instanceof Error ? error.message : String(error) };
}

/** Runs `work`; a failure is shown as a toast. Resolves to whether it succeeded. */
export async function attempt(work: () => Promise<unknown> | unknown, done?: string): Promise<boolean> {
  try {
    await work();
    if (done !== undefined) toast("success", done);
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}
