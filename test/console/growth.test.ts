import anyTest from "ava";
import { hasBrowser, newPerson, signIn, startBrowser } from "../_kit/clients/browser.ts";
import { startConsoleSystem } from "../_kit/worlds/console.ts";
import { firstLoadBytes, weights } from "./size.ts";

const test = hasBrowser ? anyTest : anyTest.skip;

anyTest("the first load of the chat stays within its budget", (t) => {
  const first = weights().filter((weight) => weight.first);
  const bytes = first.reduce((sum, one) => sum + one.bytes, 0);
  t.log(`${bytes} of ${firstLoadBytes} bytes`);
  t.true(bytes > 10_000 && bytes <= firstLoadBytes);
});

interface Measured {
  tasks: number[];
}

test("a long reply that comes fast keeps the page free, and leaves no memory behind", async (t) => {
  t.timeout(120_000);
  const system = await startConsoleSystem({ OPENAI_MODEL: "slow:600x5" });
  const browser = await startBrowser(["--js-flags=--expose-gc", "--enable-precise-memory-info"]);
  t.teardown(() => Promise.all([browser.close(), system.stop()]));
  const page = await (await newPerson(browser)).newPage();
  await signIn(page, system.url());
  await page.goto(`${system.url()}/#/chat/growth`);
  const heap = () =>
    page.evaluate(() => {
      const { gc, performance } = globalThis as unknown as {
        gc?: () => void;
        performance: { memory: { usedJSHeapSize: number } };
      };
      gc?.();
      return performance.memory.usedJSHeapSize;
    });
  const say = async (text: string, count: number) => {
    await page.locator(".composer textarea").fill(text);
    await page.keyboard.press("Enter");
    await page.locator(`.message.theirs.done >> nth=${count - 1}`).waitFor({ timeout: 60_000 });
  };
  await say("warm up", 1);
  const before = await heap();
  await page.evaluate(() => {
    const measured: Measured = { tasks: [] };
    Object.assign(globalThis, { measured });
    const Observer = (globalThis as unknown as { PerformanceObserver: typeof PerformanceObserver })
      .PerformanceObserver;
    new Observer((list) => {
      for (const { duration } of list.getEntries()) measured.tasks.push(duration);
    }).observe({ entryTypes: ["longtask" as "mark"] });
  });
  await say(
    `${"**Bold** words and a [link](https://example.org) in a line. ".repeat(40)}\n\n- a\n- list\n`,
    2,
  );
  const { tasks } = await page.evaluate(() => (globalThis as unknown as { measured: Measured }).measured);
  const grown = (await heap()) - before;
  t.log(
    `${tasks.length} tasks over 50 ms, longest ${Math.round(Math.max(0, ...tasks))} ms; ${grown} bytes more`,
  );
  // The machine may be busy with other tests: what is wrong shows in every frame, not in a few.
  t.true(tasks.length < 20);
  t.true(grown < 30 * 1024 * 1024);
});
