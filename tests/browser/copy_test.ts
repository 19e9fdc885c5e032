/// <reference lib="dom" />

import { assertEquals, assertMatch } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  messages,
  type Page,
  say,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const BOB = { id: "bob0000000", name: "Bob" };

browserTest("page copies several messages as lines with names and times", async (stage) => {
  const { url, chat } = await stage.serve();
  const page = await stage.newPage({ locale: "en-GB" });
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await enter(page, url, "Ada");
  const texts = ["first one", "run\n```ts\na\nb\n```\n@Ada", "last one"];
  texts.forEach((text, i) => chat.broadcast("lobby", BOB, text, `${i}`));
  await eventually(async () => assertEquals(await messages(page).count(), 3));
  await say(page, "mine");
  await eventually(async () => assertEquals(await messages(page).count(), 4));
  await eventually(async () => assertEquals(await page.locator(".sending").count(), 0));

  const time = String.raw`\d\d:\d\d`;
  assertMatch(
    await copied(page, [0, 0], [3, 4]),
    new RegExp(
      `^Bob, ${time}: first one\nBob, ${time}: run\na\nb\n@Ada\nBob, ${time}: last one\nAda, ${time}: mine$`,
    ),
  );
  // Of the first and the last message only the selected part.
  assertMatch(
    await copied(page, [2, 5], [3, 2]),
    new RegExp(`^Bob, ${time}: one\nAda, ${time}: mi$`),
  );
  assertEquals(await copied(page, [0, 6], [0, 9]), "one");
  // The selection ends before the text of the next one, as with a triple click.
  assertEquals(await copied(page, [0, 0], [1, 0]), "first one");

  await page.getByRole("heading", { level: 1 }).evaluate((heading) =>
    getSelection()?.selectAllChildren(heading)
  );
  assertEquals(await copy(page), "#lobby");
  await composer(page).fill("a draft");
  await composer(page).selectText();
  assertEquals(await copy(page), "a draft");
});

/** Selects from one place to another, each a message and an index in its first or last text node. */
async function copied(page: Page, from: [number, number], to: [number, number]): Promise<string> {
  // As if selected with a mouse.
  await page.getByRole("log").focus();
  await page.evaluate(({ from, to }) => {
    const texts = [...document.querySelectorAll("[role=log] article .text")];
    const start = texts[from[0]]?.firstChild;
    const end = to[1] === 0 ? texts[to[0]] : texts[to[0]]?.lastChild;
    if (!start || !end) throw new TypeError("There is no such message");
    getSelection()?.setBaseAndExtent(start, from[1], end, to[1]);
  }, { from, to });
  return await copy(page);
}

async function copy(page: Page): Promise<string> {
  await page.evaluate(() => navigator.clipboard.writeText("nothing"));
  await page.keyboard.press("Control+c");
  return await page.evaluate(() => navigator.clipboard.readText());
}
