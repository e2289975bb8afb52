import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { newPerson, signIn, startBrowser } from "../_kit/clients/browser.ts";
import { checkout } from "../_kit/judge/sources.ts";
import { lasting } from "../_kit/judge/waiting.ts";
import { startConsoleSystem } from "../_kit/worlds/console.ts";
import { showcase } from "../_kit/worlds/showcase.ts";

/** Pictures of every view, for people: `make screenshots [VIEWS=chat,devices]`. */
const all = "sign-in chat devices automation notifications knowledge memory files admin settings".split(" ");
const wanted = process.env.VIEWS?.split(",") ?? all;
const folder = join(checkout, ".screenshots");

const looks = [
  { name: "desktop-light-en", language: "en", theme: "light", width: 1360, height: 850 },
  { name: "desktop-dark-zh", language: "zh", theme: "dark", width: 1360, height: 850 },
  { name: "phone-light-zh", language: "zh", theme: "light", width: 390, height: 844 },
  { name: "phone-dark-en", language: "en", theme: "dark", width: 390, height: 844 },
] as const;

/** Charts, pictures and colours of code come a moment later. */
const settleMs = 600;

mkdirSync(folder, { recursive: true });
const system = await startConsoleSystem({ OPENAI_MODEL: "told:20x10" });
const browser = await startBrowser();
try {
  const client = await showcase(system);
  for (const { name, ...look } of looks) {
    const person = await newPerson(browser, look);
    const page = await person.newPage();
    const shoot = (view: string) => page.screenshot({ path: join(folder, `${view}-${name}.png`) });
    await page.goto(system.url());
    await page.locator(".sign-in form").waitFor();
    if (wanted.includes("sign-in")) await shoot("sign-in");
    await signIn(page, system.url());
    for (const view of wanted.filter((one) => one !== "sign-in")) {
      const place = view === "chat" ? `chat/${look.language === "zh" ? "chinese" : "balcony"}` : view;
      await page.goto(`${system.url()}/#/${place}`);
      await page.locator("#main").waitFor();
      await page.locator("#main .waiting").first().waitFor({ state: "detached" });
      await lasting(settleMs);
      await shoot(view);
    }
    if (wanted.includes("chat")) {
      await page.goto(`${system.url()}/#/chat`);
      await page.locator(".session-list, .conversation").first().waitFor();
      await shoot("sessions");
    }
    await person.close();
  }
  client.close();
} finally {
  await browser.close();
  await system.stop();
}
