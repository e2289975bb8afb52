import { homes } from "./en/homes.ts";
import { more } from "./en/more.ts";
import { shell } from "./en/shell.ts";

/** Texts of the console in English. */
export const en = { ...shell, ...homes, ...more };

/** One text for each name. */
export type Texts = { readonly [name in keyof typeof en]: string };
