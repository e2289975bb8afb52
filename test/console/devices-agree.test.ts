import anyTest from "ava";
import type { Browser, Page } from "playwright-core";
import type { HistoryMessage } from "../../schemas/documents/message.ts";
import { hasBrowser, newPerson, signIn, startBrowser } from "../_kit/clients/browser.ts";
import { FrontDoor } from "../_kit/fakes/front-door.ts";
import { adminClient, startConsoleSystem } from "../_kit/worlds/console.ts";
import type { System } from "../_kit/worlds/system.ts";

const test = hasBrowser ? anyTest.serial : anyTest.serial.skip;
let system: System;
let browser: Browser;
let door: FrontDoor;
let one: Page;
let two: Page;

if (hasBrowser) {
  anyTest.before(async () => {
    [system, browser] = await Promise.all([startConsoleSystem(), startBrowser()]);
    door = await FrontDoor.open(() => system.ports()[0]);
    one = await newDevice();
    two = await newDevice();
  });

  anyTest.after.always(async () => {
    await browser?.close();
    await door?.close();
    await system?.stop();
  });
}

/** A browser of its own in the session `shared`. */
async function newDevice(): Promise<Page> {
  const page = await (await newPerson(browser)).newPage();
  await signIn(page, door.url);
  await page.goto(`${door.url}/#/chat/shared`);
  await page.locator(".composer textarea").waitFor();
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.locator(".composer textarea").fill(text);
  await page.keyboard.press("Enter");
}

/** Waits until a page shows so many finished replies, and answers all texts in their order. */
async function shown(page: Page, replies: number): Promise<string[]> {
  await page.locator(`.message.theirs.done >> nth=${replies - 1}`).waitFor({ timeout: 60_000 });
  const texts = page.locator(".message .bubble, .message .reply");
  return (await texts.allInnerTexts()).map((text) => text.trim());
}

async function history(): Promise<string[]> {
  const response = await system.request("GET", "/api/v1/sessions/shared/messages?limit=200");
  const { messages } = (await response.json()) as { messages: HistoryMessage[] };
  return messages.map(({ content }) => content);
}

/** The beginning of a text, without the spaces at its end that a page does not show. */
function firstWords(text: string): string {
  return text.trim().slice(0, 60);
}

test("what one device writes the other shows, with the name of the device", async (t) => {
  await say(one, "hello from one");
  t.deepEqual(await shown(one, 1), await history());
  t.deepEqual(await shown(two, 1), await history());
  t.is(await two.locator(".message.mine footer").getByText("from Linux Chrome").count(), 1);
  t.is(await one.locator(".message.mine footer").getByText("from Linux Chrome").count(), 0);
});

test("messages that wait are shown on both devices, and are answered in their order", async (t) => {
  await say(one, "first");
  await say(one, "second");
  await two.locator(".queue-text", { hasText: "second" }).waitFor();
  await say(two, "third");
  const texts = await shown(one, 4);
  t.deepEqual(texts, await shown(two, 4));
  t.deepEqual(texts, await history());
});

test("a message that waits is changed and cancelled from the other device", async (t) => {
  const before = (await history()).length / 2;
  const phone = adminClient(door.url);
  t.teardown(() => phone.close());
  phone.connect();
  phone.session("shared").send("keeps the queue waiting", { model: "ena-test:100x100" });
  await two.locator(".message.streaming").waitFor();
  await say(one, "to be changed");
  await say(one, "to be cancelled");
  const line = (text: string) => two.locator(".queue li", { hasText: text });
  await line("to be cancelled").getByRole("button", { name: "Cancel this message" }).click();
  await line("to be cancelled").waitFor({ state: "detached" });
  await line("to be changed").getByRole("button", { name: "Edit" }).click();
  await two.locator("dialog textarea").fill("was changed");
  await two.getByRole("button", { name: "Save" }).click();
  await one.locator(".message.mine .bubble", { hasText: "was changed" }).waitFor();
  const texts = await shown(one, before + 2);
  t.deepEqual(texts, await shown(two, before + 2));
  t.true(texts.includes("was changed"));
  t.false(texts.includes("to be cancelled"));
  // A queue that was changed is history like any other.
  t.deepEqual(texts.map(firstWords), (await history()).map(firstWords));
});

test("a message written offline is sent when the network is back", async (t) => {
  await one.context().setOffline(true);
  door.cut();
  await one.locator(".connection").waitFor();
  await say(one, "written offline");
  t.is(await one.locator(".message.mine.sending .bubble").textContent(), "written offline");
  await two.locator(".connection").waitFor({ state: "detached" });
  await one.context().setOffline(false);
  const texts = await shown(one, 7);
  t.deepEqual(texts, await shown(two, 7));
  t.deepEqual(texts.map(firstWords), (await history()).map(firstWords));
});

test("an edge that dies and comes back loses and doubles nothing", async (t) => {
  await say(one, "before the end of the edge");
  await system.edge(0).destroy();
  await say(two, "while there is no edge");
  await system.edge(0).start();
  await say(one, "after the end of the edge");
  const texts = await shown(one, 10);
  t.deepEqual(texts, await shown(two, 10));
  t.deepEqual(texts.map(firstWords), (await history()).map(firstWords));
  const written = await one.locator(".message .bubble").allTextContents();
  t.is(new Set(written).size, written.length);
});

test("a reply is stopped from another device, and another one takes its place", async (t) => {
  const phone = adminClient(door.url);
  t.teardown(() => phone.close());
  phone.connect();
  phone.session("shared").send("say it slowly", { model: "ena-test:400x100" });
  await one.locator(".message.streaming").waitFor();
  await two.getByRole("button", { name: "Stop" }).click();
  const stopped = one.locator(".message.theirs.cancelled");
  await stopped.waitFor();
  await one.getByRole("button", { name: "Another reply" }).click();
  await stopped.waitFor({ state: "detached" });
  await one.locator(".message.streaming").waitFor({ state: "detached" });
  const texts = await shown(one, 11);
  t.deepEqual(texts.map(firstWords), (await history()).map(firstWords));
});
