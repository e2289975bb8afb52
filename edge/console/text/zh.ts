import type { Texts } from "./en.ts";
import { homes } from "./zh/homes.ts";
import { more } from "./zh/more.ts";
import { shell } from "./zh/shell.ts";

/** Texts of the console in Chinese. */
export const zh: Texts = { ...shell, ...homes, ...more };
