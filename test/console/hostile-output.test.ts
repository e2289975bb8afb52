import anyTest from "ava";
import type { Browser } from "playwright-core";
import { hasBrowser, newPerson, signIn, startBrowser } from "../_kit/clients/browser.ts";
import { adminClient, converse, startConsoleSystem } from "../_kit/worlds/console.ts";
import type { System } from "../_kit/worlds/system.ts";

const test = hasBrowser ? anyTest : anyTest.skip;
let system: System;
let browser: Browser;

if (hasBrowser) {
  anyTest.before(async () => {
    [system, browser] = await Promise.all([startConsoleSystem(), startBrowser()]);
  });

  anyTest.after.always(async () => {
    await browser?.close();
    await system?.stop();
  });
}

/** Each is a reply of the model, which repeats what it is told. */
const hostile = {
  scripts: `<script>globalThis.hacked = 1</script><img src=x onerror="globalThis.hacked=2"><svg onload="globalThis.hacked=3">`,
  links: `[press](javascript:globalThis.hacked=4) [data](data:text/html,<script>hacked=5</script>) <a href="vbscript:x">v</a>
[encoded](&#106;avascript:globalThis.hacked=6) <javascript:alert(1)>`,
  pictures: `![seen](https://tracker.example/pixel.png) <img src="https://tracker.example/2.png">
![markdown in alt "><script>globalThis.hacked=7</script>](https://tracker.example/3.png "t" onerror=x)`,
  frames: `<iframe src="https://tracker.example"></iframe><form action="https://tracker.example"><input name=a><button>b</button></form>
<style>body{display:none}</style><base href="https://tracker.example/"><meta http-equiv=refresh content="0;url=https://tracker.example">`,
  fence: "```html\n<script>globalThis.hacked = 8</script>\nnever closed",
  table: `| ${"column | ".repeat(60)}\n| ${"--- | ".repeat(60)}\n${`| ${"cell | ".repeat(60)}\n`.repeat(60)}`,
  nesting: `${"> ".repeat(300)}deep\n\n${"* ".repeat(200)}item\n\n${"[".repeat(400)}`,
  direction: "name \u202egnp.exe\u202c and \u2066isolated\u2069 \ufffd text",
  action:
    "<action><script>globalThis.hacked = 9</script> smiles <b>widely</action> unclosed <action>and so on",
  ids: `<a id="app" name="main">x</a><form id="main"><input name="attributes"></form> # main`,
};

test("no reply runs a script, loads from elsewhere, or leaves the page", async (t) => {
  t.timeout(120_000);
  const client = adminClient(system.url());
  t.teardown(() => client.close());
  client.connect();
  const session = client.session("hostile");
  for (const text of Object.values(hostile)) await converse(session, text);

  const page = await (await newPerson(browser)).newPage();
  const elsewhere: string[] = [];
  const errors: string[] = [];
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(system.url()) && !url.startsWith("blob:")) elsewhere.push(url);
  });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("dialog", (dialog) => {
    errors.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await signIn(page, system.url());
  await page.goto(`${system.url()}/#/chat/hostile`);
  await page.locator(`.message.theirs.done >> nth=${Object.keys(hostile).length - 1}`).waitFor();

  t.is(await page.evaluate(() => (globalThis as { hacked?: number }).hacked), undefined);
  const inMessages = (selector: string) => page.locator(`.messages ${selector}`).count();
  for (const tag of ["script", "iframe", "form", "style", "base", "meta", "object", "svg[onload]", "img"])
    t.is(await inMessages(tag), 0, tag);
  const marked = page.locator(".messages :is([onerror], [onload], [style])");
  t.deepEqual(
    await marked.evaluateAll((all) => all.map((one) => (one as unknown as { outerHTML: string }).outerHTML)),
    [],
  );
  const links = await page
    .locator(".messages a")
    .evaluateAll((all) => all.map((link) => (link as unknown as { href: string }).href));
  t.true(links.length > 0);
  t.deepEqual(
    links.filter((href) => !/^(https?|mailto):/.test(href) && href !== ""),
    [],
  );
  t.is(await page.locator("#app").count(), 1);
  t.is(await page.locator(".code", { hasText: "never closed" }).count(), 1);

  // The page still works.
  await page.locator(".composer textarea").fill("still here");
  await page.keyboard.press("Enter");
  await page.locator(".message.theirs.done .reply", { hasText: "still here" }).waitFor();
  t.deepEqual(elsewhere, []);
  t.deepEqual(errors, []);
});
