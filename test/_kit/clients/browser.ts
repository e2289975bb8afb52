import chromium from "@sparticuz/chromium";
import { type Browser, type BrowserContext, type Page, chromium as playwright } from "playwright-core";

/**
 * Whether a Chromium is available: the npm package has one for Linux on x64, `CHROMIUM_PATH` names another.
 */
export const hasBrowser =
  process.env.CHROMIUM_PATH !== undefined || (process.platform === "linux" && process.arch === "x64");

/** Options of a test's page. */
export interface PageOptions {
  language?: "en" | "zh";
  theme?: "light" | "dark";
  width?: number;
  height?: number;
}

/**
 * Not the package's default flags: some close the browser with its first window, or weaken what is tested.
 */
const basicFlags = [
  "--no-sandbox",
  "--no-zygote",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--font-render-hinting=none",
];

/**
 * The npm package's Chromium, in processes of this test only. `CHROMIUM_PATH` names another. `flags`:
 * additional arguments.
 */
export async function startBrowser(flags: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? (await chromium.executablePath());
  return playwright.launch({ executablePath, args: [...basicFlags, ...flags], headless: true });
}

/** A browser context of one user, isolated from other contexts. */
export async function newPerson(
  browser: Browser,
  { language = "en", theme = "light", width = 1280, height = 800 }: PageOptions = {},
): Promise<BrowserContext> {
  return browser.newContext({
    locale: language === "zh" ? "zh-CN" : "en-US",
    colorScheme: theme,
    viewport: { width, height },
    reducedMotion: "reduce",
    serviceWorkers: "block",
  });
}

/** Signs the administrator of a test system in, and waits for the chat. */
export async function signIn(page: Page, url: string, password = "a password of the tests"): Promise<void> {
  await page.goto(url);
  await page.locator(".sign-in form").waitFor();
  const [name, secret] = await page.locator("form input").all();
  await name?.fill("admin");
  await secret?.fill(password);
  await page.locator("form button[type=submit]").click();
  await page.locator(".sessions").waitFor({ state: "attached" });
}
