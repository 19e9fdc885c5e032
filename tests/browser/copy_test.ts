/// <reference lib="dom" />

import { assertEquals, assertMatch } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  hasTexts,
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
      `^Bob, ${time}: first one\nBob, ${time}: run\n\`\`\`ts\na\nb\n\`\`\`\n@Ada\nBob, ${time}: last one\nAda, ${time}: mine$`,
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

browserTest("page copies the markup of messages as it was written", async (stage) => {
  const { url, chat } = await stage.serve();
  const page = await stage.newPage({ locale: "en-GB" });
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await enter(page, url, "Ada");
  const whole = "**a** ***b*** `c`\n\n> _d_ d\n>\n> e\n- ~~f~~ f\n- g\n```js \nh\n```\n2*3";
  chat.broadcast("lobby", BOB, whole, "1");
  await hasTexts(page, ["a b c\n\nd d\n\ne\nf f\ng\njs\nCopy code\nh\n2*3"]);

  assertEquals(await copied(page, [0, 0], [0, 3]), whole);
  const [, part] = await page.evaluate(() => {
    const text = document.querySelector("[role=log] article .text");
    const strong = text?.querySelector("strong")?.firstChild;
    const quoted = text?.querySelector("blockquote")?.lastChild;
    const item = text?.querySelector("li:last-child")?.lastChild;
    if (!strong || !quoted || !item) throw new TypeError("The message is drawn otherwise");
    getSelection()?.setBaseAndExtent(quoted, 1, item, 1);
    return [strong, quoted.textContent?.slice(1)];
  });
  assertEquals(part, "d\n\ne");
  // Of what is selected, the marks stand around it.
  assertEquals(await copy(page), "> d\n> \n> e\n- ~~f~~ f\n- g");
  // A word is copied as a word.
  await page.getByText("b", { exact: true }).evaluate((word) =>
    getSelection()?.selectAllChildren(word)
  );
  assertEquals(await copy(page), "b");
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
