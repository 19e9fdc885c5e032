/// <reference lib="dom" />

import { assertEquals, assertMatch } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  comeAll,
  composer,
  enter,
  eventually,
  hasTexts,
  loseNetwork,
  messages,
  type Page,
  useWholeBrowser,
} from "./browser.ts";

// A headless shell leaves no hover after a tap.
useWholeBrowser();
Deno.test.afterAll(closeBrowser);

const BOB = { id: "bobbobbobbobbobb", name: "Bob" };

browserTest("page writes a mention at a click on a name, and keeps the draft", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  server.chat.broadcast("lobby", BOB, "hi", "1");
  const name = messages(page).getByRole("button", { name: "Mention Bob" });
  await name.click();
  await hasDraft(page, "@Bob ");
  await composer(page).fill("see  there");
  // At the caret, without the selection.
  await composer(page).evaluate((field: HTMLTextAreaElement) => field.setSelectionRange(0, 3));
  await name.click();
  await hasDraft(page, "see @Bob  there");
  await page.keyboard.type("now");
  await hasDraft(page, "see @Bob now there");
  for (const draft of ["see @Bob  there", "see  there"]) {
    await page.keyboard.press("Control+z");
    await hasDraft(page, draft);
  }
  // A double click selects the name.
  await composer(page).fill("");
  await name.dblclick();
  await eventually(async () => assertEquals(await composer(page).inputValue(), "@Bob "));
  assertEquals(await page.evaluate(() => String(getSelection()).trim()), "Bob");
  // It is a usual draft.
  await page.reload();
  await hasDraft(page, "@Bob ");
});

browserTest(
  "page has names as tab stops in the list of people, and none in the log",
  async (stage) => {
    const server = await stage.serve();
    await comeAll(stage, server, ["Bob", "Cem"]);
    const page = await stage.newPage();
    await enter(page, server.url, "Ada");
    for (let i = 0; i < 30; i++) {
      server.chat.broadcast(
        "lobby",
        i % 2 === 0 ? BOB : { ...BOB, id: "cem", name: "Cem" },
        `${i}`,
        `${i}`,
      );
    }
    await eventually(async () => assertEquals(await messages(page).count(), 30));
    assertEquals(await page.getByRole("button", { name: "Mention Ada" }).count(), 0);
    const people = page.getByRole("list", { name: /People/ });
    await people.focus();
    for (const [key, draft] of [["Enter", "@Bob "], [" ", "@Bob @Cem "]] as const) {
      await people.focus();
      await page.keyboard.press("Tab");
      // Bob's other tab stop is the button of his menu.
      if (key === " ") { for (let i = 0; i < 2; i++) await page.keyboard.press("Tab"); }
      await page.keyboard.press(key);
      await hasDraft(page, draft);
    }
    await page.getByRole("log").focus();
    await page.keyboard.press("Tab");
    // One message is a tab stop, which has its menu.
    assertEquals(await page.evaluate(() => document.activeElement?.localName), "article");
    await page.keyboard.press("Tab");
    assertEquals(await page.evaluate(() => document.activeElement?.id), "message");
  },
);

browserTest(
  "page focuses the composer after a click on a name in a phone's drawer",
  async (stage) => {
    const server = await stage.serve();
    await comeAll(stage, server, ["Bob"]);
    const page = await stage.newPage({
      viewport: { width: 390, height: 700 },
      hasTouch: true,
      isMobile: true,
    });
    await enter(page, server.url, "Ada");
    await page.getByRole("button", { name: "People" }).tap();
    await page.getByRole("dialog").getByRole("button", { name: "Mention Bob" }).tap();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await hasDraft(page, "@Bob ");
  },
);

browserTest("page copies messages whose selection starts in a name", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage({ locale: "en-GB" });
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await enter(page, server.url, "Ada");
  server.chat.broadcast("lobby", BOB, "first", "1");
  server.chat.broadcast("lobby", { ...BOB, id: "cem", name: "Cem" }, "second", "2");
  await hasTexts(page, ["first", "second"]);
  const from = await messages(page).getByRole("button", { name: "Mention Bob" }).boundingBox();
  const to = await page.getByText("second", { exact: true }).boundingBox();
  if (from === null || to === null) throw new TypeError("The messages are out of sight");
  await page.mouse.move(from.x + 1, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + 300, to.y + to.height / 2, { steps: 5 });
  await page.mouse.up();
  await page.keyboard.press("Control+c");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assertMatch(copied, /^Bob, \d\d:\d\d: first\nCem, \d\d:\d\d: second$/);
  assertEquals(await composer(page).inputValue(), "");
});

browserTest(
  "page tells screen readers ids and messages only where they are ambiguous",
  async (stage) => {
    const server = await stage.serve();
    const page = await stage.newPage();
    await enter(page, server.url, "Ada");
    server.chat.broadcast("lobby", BOB, "one", "1");
    server.chat.broadcast("lobby", BOB, "two", "2");
    await hasTexts(page, ["one", "two"]);
    const read = () => page.locator("article .id:not([aria-hidden])").allInnerTexts();
    assertEquals([await read(), await page.locator(".continues .id").count()], [[], 0]);
    server.chat.broadcast("lobby", { ...BOB, id: "anotherbobanothe" }, "three", "3");
    await eventually(async () => assertEquals(await read(), ["bobbobbo", "anotherb"]));
    assertEquals(await page.locator("article .id").first().isVisible(), true);

    await loseNetwork(page);
    await page.getByText("You are offline").waitFor();
    for (const text of ["four", "five"]) {
      await composer(page).fill(text);
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: `Discard: ${text}` }).waitFor();
    }
  },
);

browserTest(
  "page shows the time of a continued message on a phone only at a tap",
  async (stage) => {
    const server = await stage.serve();
    const page = await stage.newPage({
      viewport: { width: 390, height: 700 },
      hasTouch: true,
      isMobile: true,
    });
    await enter(page, server.url, "Ada");
    server.chat.broadcast("lobby", BOB, "one", "1");
    server.chat.broadcast("lobby", BOB, "two", "2");
    await hasTexts(page, ["one", "two"]);
    const opacity = () =>
      page.locator("article .when").evaluateAll((all) =>
        all.map((each) => getComputedStyle(each).opacity)
      );
    assertEquals(await opacity(), ["1", "0"]);
    await page.getByText("two", { exact: true }).tap();
    await eventually(async () => assertEquals(await opacity(), ["1", "1"]));
  },
);

async function hasDraft(page: Page, text: string): Promise<void> {
  await eventually(async () => {
    assertEquals(await composer(page).inputValue(), text);
    assertEquals(await page.evaluate(() => document.activeElement?.id), "message");
  });
}
