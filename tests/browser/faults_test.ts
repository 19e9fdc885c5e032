/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  composer,
  enter,
  hasTexts,
  isOnline,
  type Page,
  say,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const BOB = { id: "bob0000000", name: "Bob" };

for (const phase of ["is made", "draws"] as const) {
  browserTest(`page goes on when a view fails as it ${phase}`, async ({ newPage, serve }) => {
    const { url, chat } = await serve();
    const page = await newPage();
    await collectErrors(page);
    // One of the first views.
    await page.addInitScript((phase) => {
      const { querySelectorAll } = Document.prototype;
      Document.prototype.querySelectorAll = function (this: Document, selectors: string) {
        if (selectors !== ".count") return querySelectorAll.call(this, selectors);
        if (phase === "is made") throw new TypeError("not made");
        return [{
          get textContent() {
            throw new TypeError("not drawn");
          },
        }];
      } as never;
    }, phase);
    await enter(page, url, "Ada");
    await say(page, "hi");
    await hasTexts(page, ["hi"]);
    chat.broadcast("lobby", BOB, "hello", "1");
    await hasTexts(page, ["hi", "hello"]);
    await page.reload();
    await isOnline(page);
    await hasTexts(page, ["hi", "hello"]);
    assertEquals(await composer(page).getAttribute("placeholder"), "Write to #lobby");
    const errors = await errorsOf(page);
    assertEquals(errors.every((error) => /not (made|drawn)/.test(error)), true, `${errors}`);
    assertEquals(errors.length > 0, true);
  });
}

browserTest("page shows a message as plain text if drawing it fails", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await collectErrors(page);
  await enter(page, server.url, "Ada");
  // No date has such a time.
  for (const [i, time] of [Date.now(), 9e15, Date.now()].entries()) {
    await server.sayElsewhere("lobby", BOB, `message ${i}`, time);
  }
  await hasTexts(page, ["message 0", "Bob: message 1", "message 2"]);
  await say(page, "hi");
  await hasTexts(page, ["message 0", "Bob: message 1", "message 2", "hi"]);
  const errors = await errorsOf(page);
  assertEquals(errors.every((error) => /RangeError/.test(error)), true, `${errors}`);
});

/** Removes the uncaught errors from the page, which would fail the test. */
async function collectErrors(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const errors: string[] = [];
    Reflect.set(globalThis, "errors", errors);
    addEventListener("error", (event) => {
      errors.push(event.message);
      event.preventDefault();
    });
  });
}

/** The errors that were reported since the page was loaded. */
async function errorsOf(page: Page): Promise<string[]> {
  return await page.evaluate(() => Reflect.get(globalThis, "errors") as string[]);
}
