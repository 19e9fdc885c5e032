/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import { browserTest, closeBrowser, enter, eventually, isOnline, type Page } from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const BOB = { id: "bobbobbobbobbobb", name: "Bob" };

browserTest("page makes a sound for what is not in sight, in one of its tabs", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await page.context().addInitScript(() => {
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (when) {
      const { dataset } = document.documentElement;
      dataset["tones"] = String(Number(dataset["tones"] ?? 0) + 1);
      start.call(this, when);
    };
  });
  const tones = (of: Page) =>
    of.evaluate(() => Number(document.documentElement.dataset["tones"] ?? 0));
  await enter(page, server.url, "Ada");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Try it" }).click();
  await eventually(async () => assertEquals(await tones(page), 2));
  await page.getByRole("group", { name: "Sound" }).getByRole("radio", { name: "When I am" })
    .check();
  await page.keyboard.press("Escape");
  const other = await stage.samePerson(page);
  for (const each of [page, other]) {
    await each.goto(`${server.url}/r/garden`);
    await isOnline(each);
    // Browsers want a click before the first sound.
    await each.locator("#log").click();
  }

  server.chat.broadcast("lobby", BOB, "to nobody", "1");
  server.chat.broadcast("lobby", BOB, "@Ada", "2");
  for (const each of [page, other]) {
    await each.waitForFunction(() => document.title.startsWith("(2)"));
  }
  await eventually(async () => assertEquals(await tones(page) + await tones(other), 2));
  // The tab that sounded holds the lock, for as long as another one could be late.
  await page.evaluate(() => navigator.locks.request("parley.sound", () => {}));
  assertEquals(await tones(page) + await tones(other), 2);
});
