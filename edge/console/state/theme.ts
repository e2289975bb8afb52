import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const key = "parley.theme";
const kept = localStorage.getItem(key);

/** The chosen theme; `system` follows the device. */
export const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "system");

effect(() => {
  localStorage.setItem(key, theme.value);
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});
