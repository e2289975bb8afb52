import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import anyTest from "ava";
import type { Browser, Page } from "playwright-core";
import { hasBrowser, newPerson, type PageOptions, signIn, startBrowser } from "../_kit/clients/browser.ts";
import { startConsoleSystem } from "../_kit/worlds/console.ts";
import { showcase } from "../_kit/worlds/showcase.ts";
import type { System } from "../_kit/worlds/system.ts";

const test = hasBrowser ? anyTest.serial : anyTest.serial.skip;
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
let system: System;
let browser: Browser;

if (hasBrowser) {
  anyTest.before(async () => {
    [system, browser] = await Promise.all([
      startConsoleSystem({ OPENAI_MODEL: "told:20x10" }),
      startBrowser(),
    ]);
    (await showcase(system)).close();
  });

  anyTest.after.always(async () => {
    await browser?.close();
    await system?.stop();
  });
}

const places = "chat/balcony devices automation notifications knowledge memory files admin settings".split(
  " ",
);
const looks: PageOptions[] = [
  { language: "en", theme: "light" },
  { language: "zh", theme: "dark" },
  { language: "zh", theme: "light", width: 390, height: 844 },
  { language: "en", theme: "dark", width: 390, height: 844 },
];

interface Violation {
  id: string;
  nodes: { target: unknown; failureSummary: string }[];
}

/** What axe-core finds wrong with the page as it stands. */
async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(async () => {
    const { axe: engine } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await engine.run()).violations;
  });
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary}`),
  );
}

/** Shows a view; answers what is wrong with it. */
async function openView(page: Page, place: string): Promise<string[]> {
  await page.goto(`${system.url()}/#/${place}`);
  await page.locator("#main h1, #main h2").first().waitFor();
  await page.locator("#main .waiting").first().waitFor({ state: "detached" });
  return (await violations(page)).map((one) => `${place}: ${one}`);
}

for (const look of looks) {
  const { language, theme, width = 1280 } = look;
  test(`every view is accessible in ${language}, ${theme}, ${width} wide`, async (t) => {
    t.timeout(120_000);
    const person = await newPerson(browser, look);
    await person.addInitScript({ content: readFileSync(axe, "utf8") });
    const page = await person.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(system.url());
    await page.locator(".sign-in form").waitFor();
    const wrong = await violations(page);
    await signIn(page, system.url());
    for (const place of places) wrong.push(...(await openView(page, place)));
    t.deepEqual(wrong, []);
    t.is(await page.locator("html").getAttribute("lang"), language === "zh" ? "zh-CN" : "en");
    const overflow = await page.evaluate(() => {
      const { document, innerWidth } = globalThis as unknown as {
        document: { documentElement: { scrollWidth: number } };
        innerWidth: number;
      };
      return document.documentElement.scrollWidth - innerWidth;
    });
    t.true(overflow <= 0, `${overflow} px too wide`);
    t.deepEqual(errors, []);
    await person.close();
  });
}

test("dialogs, menus and tabs are accessible, and closed by Escape", async (t) => {
  t.timeout(120_000);
  const person = await newPerson(browser);
  await person.addInitScript({ content: readFileSync(axe, "utf8") });
  const page = await person.newPage();
  await signIn(page, system.url());
  const steps = [
    ["chat/balcony", "Search messages"],
    ["devices", "Add a device"],
    ["automation", "New rule"],
    ["knowledge", "New base"],
    ["memory", "Add a fact"],
  ] as const;
  const wrong: string[] = [];
  for (const [place, button] of steps) {
    wrong.push(...(await openView(page, place)));
    await page.getByRole("button", { name: button }).first().click();
    await page.locator("dialog[open]").waitFor();
    wrong.push(...(await violations(page)));
    await page.keyboard.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
  }
  for (const tab of ["Providers", "Models", "Routing", "Sessions", "Users"]) {
    await openView(page, "admin");
    await page.getByRole("tab", { name: tab }).click();
    await page.locator("#main .waiting").first().waitFor({ state: "detached" });
    wrong.push(...(await violations(page)));
  }
  t.deepEqual(wrong, []);
  await person.close();
});
