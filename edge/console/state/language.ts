import { signal } from "@preact/signals";
import type { Texts } from "../text/en.ts";

export type Language = "en" | "zh";

const key = "parley.language";
const kept = localStorage.getItem(key);
const byBrowser = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";

/** The language of the console. */
export const language = signal<Language>(kept === "en" || kept === "zh" ? kept : byBrowser);

const texts = signal<Texts | undefined>(undefined);

/** Loads the texts of a language and shows them. */
export async function setLanguage(chosen: Language): Promise<void> {
  const loaded = chosen === "zh" ? (await import("../text/zh.ts")).zh : (await import("../text/en.ts")).en;
  localStorage.setItem(key, chosen);
  texts.value = loaded;
  language.value = chosen;
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
}

/** A text in the chosen language; `{name}` in it is replaced. */
export function t(name: keyof Texts, values?: Record<string, string | number>): string {
  const text = texts.value?.[name] ?? name;
  return values === undefined
    ? text
    : text.replace(/\{(\w+)\}/g, (_, one: string) => String(values[one] ?? ""));
}
