/// <reference lib="dom" />

/**
 * Tests of the menu of a message, of editing and of deleting.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  browserTest,
  chromiumTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  hasTexts,
  isOnline,
  messages,
  type Page,
  say,
  setOffline,
  textsOf,
} from "./browser.ts";
import { comes } from "./person.ts";

Deno.test.afterAll(closeBrowser);

const BOB = { id: "bobbobbobbobbobb", name: "Bob" };

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("data-id") ?? (element?.textContent || element?.id) ?? "";
  });

const idOf = async (page: Page, index: number): Promise<string> =>
  await messages(page).nth(index).getAttribute("data-id") ?? "";

browserTest("page edits the last own message from an empty composer", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage();
  await enter(page, url, "Ada");
  for (const text of ["one", "two"]) await say(page, text);
  await hasTexts(page, ["one", "two"]);
  await composer(page).press("ArrowUp");
  await page.getByText("Editing your message").waitFor();
  assertEquals(await composer(page).inputValue(), "two");
  // The number of characters stands above the bar, which has a button at its end.
  await composer(page).fill("x".repeat(4001));
  await page.getByText("4001 / 4000").waitFor();
  const [counter, bar] = await Promise.all(
    ["#counter", ".composer-bar:visible"].map((each) => page.locator(each).boundingBox()),
  );
  assert(counter && bar && counter.y + counter.height <= bar.y, JSON.stringify([counter, bar]));
  await composer(page).press("Escape");
  await eventually(async () => assertEquals(await composer(page).inputValue(), ""));
  await composer(page).press("ArrowUp");
  await page.getByText("Editing your message").waitFor();
  await composer(page).fill("zwei");
  // The Enter that ends a composition saves nothing.
  await composer(page).evaluate((field) => {
    for (const init of [{ isComposing: true }, { keyCode: 229 }]) {
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, ...init }));
    }
  });
  assertEquals(await page.getByText("Editing your message").count(), 1);
  await composer(page).press("Enter");
  await eventually(async () =>
    assert((await textsOf(page))[1]?.startsWith("zwei (edited"), String(await textsOf(page)))
  );
  const other = await stage.newPage();
  await enter(other, url, "Bob");
  const edited = other.locator(".edited");
  assertEquals(await edited.textContent(), ` (edited, ${await edited.getAttribute("title")})`);
});

browserTest(
  "page offers the menu of a message by keyboard, and undoes a deletion",
  async (stage) => {
    const { url, chat } = await stage.serve();
    const page = await stage.newPage();
    await enter(page, url, "Ada");
    await chat.broadcast("lobby", BOB, "of Bob", "1");
    await say(page, "of my own");
    await hasTexts(page, ["of Bob", "of my own"]);
    const [bobs, own] = [await idOf(page, 0), await idOf(page, 1)];

    await page.locator("#log").focus();
    await page.keyboard.press("Tab");
    assertEquals(await focused(page), own);
    assertEquals(await page.locator("article[tabindex]").count(), 1);
    await page.keyboard.press("ArrowUp");
    assertEquals(await focused(page), bobs);
    await page.keyboard.press("Enter");
    const items = page.getByRole("menuitem");
    assertEquals(await items.allInnerTexts(), [
      "React",
      "Reply",
      "Copy text",
      "Copy link",
      "Ignore",
    ]);
    await page.keyboard.press("End");
    assertEquals(await focused(page), "Ignore");
    await page.keyboard.press("ArrowDown");
    assertEquals(await focused(page), "React");
    await page.keyboard.press("Escape");
    assertEquals(await focused(page), bobs);

    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Shift+F10");
    await page.getByRole("menuitem", { name: "Delete" }).press("Enter");
    await page.getByRole("dialog", { name: "Delete this?" }).waitFor();
    await page.keyboard.press("Enter");
    await eventually(async () => assertEquals(await focused(page), "Undo"));
    assertEquals((await textsOf(page))[1], "Message deleted · Undo");
    // No copy of the text is left in the page.
    assertEquals(await page.locator("#deleting-text").textContent(), "");
    await page.keyboard.press("Enter");
    await eventually(async () => assertEquals(await focused(page), own));
    assertEquals((await textsOf(page))[1], "of my own");
  },
);

browserTest("page follows a message that it asks whether to delete", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage();
  await enter(page, url, "Ada");
  await say(page, "one");
  await hasTexts(page, ["one"]);
  const other = await stage.samePerson(page);
  await other.goto(url);
  await isOnline(other);
  await page.locator("#log").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Delete" }).press("Enter");
  await page.getByRole("dialog", { name: "Delete this?" }).getByText("one", { exact: true })
    .waitFor();
  await composer(other).press("ArrowUp");
  await composer(other).fill("two");
  await composer(other).press("Enter");
  await page.getByRole("dialog", { name: "Delete this?" }).getByText("two", { exact: true })
    .waitFor();
});

browserTest("page removes what it has announced of a message that is deleted", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  // Announcements would go by themselves.
  await page.addInitScript(() => {
    const later = setTimeout;
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms: number) => ms === 3000 ? 0 : later(run, ms),
    });
  });
  await enter(page, server.url, "Ada");
  const bob = await comes(stage, server, "Bob");
  const announcer = page.locator("#announcer");
  for (const change of ["edit", "delete"] as const) {
    const id = await bob.does({ type: "send", text: `secret of ${change}` });
    const spoken = announcer.getByText(`secret of ${change}`);
    await spoken.waitFor({ state: "attached" });
    await bob.does(change === "edit" ? { type: "edit", id, text: "other" } : { type: change, id });
    await spoken.waitFor({ state: "detached" });
  }
});

browserTest("page keeps edits and deletions made offline, and sends them", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage();
  await enter(page, url, "Ada");
  for (const text of ["one", "two"]) await say(page, text);
  await hasTexts(page, ["one", "two"]);
  const other = await stage.newPage();
  await enter(other, url, "Bob");

  await setOffline(page, true);
  await page.locator("#trouble").filter({ hasText: "offline" }).waitFor();
  await composer(page).press("ArrowUp");
  await composer(page).fill("zwei");
  await composer(page).press("Enter");
  await page.getByText("Waiting to be saved").waitFor();
  await messages(page).first().hover();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Undo the deletion" }).waitFor();
  assertEquals(await textsOf(other), ["one", "two"]);

  await setOffline(page, false);
  await page.reload();
  await isOnline(page);
  for (const tab of [page, other]) {
    await eventually(async () => {
      const [first, second = ""] = await textsOf(tab);
      assertEquals([first, second.startsWith("zwei (edited")], ["Message deleted", true]);
    });
  }
});

chromiumTest("sends touches")(
  "page opens the menu at a long press, and not while one scrolls",
  async (stage) => {
    const { url, chat } = await stage.serve();
    const page = await stage.newPage({ hasTouch: true, viewport: { width: 390, height: 700 } });
    await enter(page, url, "Ada");
    for (let n = 0; n < 30; n++) await chat.broadcast("lobby", BOB, `text ${n}`, `${n}`);
    await eventually(async () => assertEquals(await messages(page).count(), 30));
    const touch = await page.context().newCDPSession(page);
    const send = (type: "touchStart" | "touchMove" | "touchEnd", y = 0): Promise<unknown> =>
      touch.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: type === "touchEnd" ? [] : [{ x: 120, y }],
      });
    await send("touchStart", 300);
    await send("touchMove", 340);
    // The timers of a page fire in their order: that of a press would have fired before this one.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 600)));
    await send("touchEnd");
    assertEquals(await page.getByRole("menu").isVisible(), false);
    await send("touchStart", 300);
    await page.getByRole("menu").waitFor();
    await send("touchEnd");
    const item = page.getByRole("menuitem", { name: "Reply" });
    assert(((await item.boundingBox())?.height ?? 0) >= 44);
    await item.tap();
    await page.getByText("Replying to").waitFor();
  },
);
