/// <reference lib="dom" />

/**
 * Tests of the focus of a keyboard user, which stays where it is when its row is drawn anew.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
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
import { comes } from "./person.ts";

Deno.test.afterAll(closeBrowser);

const hasFocus = (page: Page, expected: string): Promise<void> =>
  eventually(async () =>
    assertEquals(
      await page.evaluate(() => {
        const { activeElement } = document;
        return activeElement?.getAttribute("data-id") ?? activeElement?.ariaLabel ??
          activeElement?.nodeName;
      }),
      expected,
    )
  );

browserTest("page gives the focus back to a message when a dialog closes", async (stage) => {
  const server = await stage.serve();
  const bob = await comes(stage, server, "Bob");
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  const dialogs = page.locator("dialog[open]");
  const openAndClose: Record<string, () => Promise<void>> = {
    menu: async () => await page.keyboard.press("Enter"),
    picker: async () => {
      await page.keyboard.press("Enter");
      await page.getByRole("menuitem", { name: "React" }).press("Enter");
      await page.getByRole("combobox", { name: "Find an emoji" }).waitFor();
    },
    help: async () => await page.keyboard.press("?"),
  };
  for (const [name, open] of Object.entries(openAndClose)) {
    // The last message is the tab stop of the log while none has the focus.
    await composer(page).focus();
    const id = await bob.does({ type: "send", text: `before ${name}` });
    await page.locator(`[data-id="${id}"][tabindex]`).focus();
    await hasFocus(page, id);
    await open();
    await dialogs.waitFor();
    // Another message takes its place as the last one.
    await bob.does({ type: "send", text: `behind ${name}` });
    await messages(page).filter({ hasText: `behind ${name}` }).waitFor();
    await page.keyboard.press("Escape");
    await hasFocus(page, id);
    // It is drawn anew.
    await open();
    await dialogs.waitFor();
    await bob.does({ type: "react", id, emoji: "🎉", on: true });
    await messages(page).filter({ hasText: `before ${name}` }).locator(".reaction").waitFor();
    await page.keyboard.press("Escape");
    await hasFocus(page, id);
  }
  // In another room, its last message is the tab stop.
  await bob.asks({ type: "join", room: "garden" });
  await bob.asks({ type: "send", room: "garden", text: "in the garden" });
  await page.getByRole("textbox", { name: "Room to join" }).fill("garden");
  await page.keyboard.press("Enter");
  const stop = messages(page).and(page.locator("[tabindex='0']"));
  await stop.filter({ hasText: "in the garden" }).waitFor();
  await page.keyboard.press("Alt+ArrowDown");
  await stop.filter({ hasText: "behind help" }).focus();
  await page.keyboard.press("Alt+ArrowUp");
  await stop.filter({ hasText: "in the garden" }).waitFor();
  await hasFocus(page, "Conversation");
  await page.keyboard.press("Tab");
  await page.locator("article:focus").filter({ hasText: "in the garden" }).waitFor();
});

browserTest("page keeps the focus in the list of people as they change", async (stage) => {
  const server = await stage.serve();
  const [bob, cem] = [await comes(stage, server, "Bob"), await comes(stage, server, "Cem")];
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  await page.getByRole("button", { name: "Mention Bob" }).focus();
  await page.keyboard.press("Tab");
  await hasFocus(page, "More about Bob");
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  await page.keyboard.press("Escape");
  await hasFocus(page, "More about Bob");
  // Bob becomes the last of the list.
  await bob.asks({ type: "rename", name: "Zoe" });
  await hasFocus(page, "More about Zoe");
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  await bob.asks({ type: "rename", name: "Bea" });
  await page.getByText("is now Bea").waitFor();
  await page.keyboard.press("Escape");
  await hasFocus(page, "More about Bea");
  await page.getByRole("button", { name: "Mention Bea" }).focus();
  await bob.asks({ type: "leave", room: "lobby" });
  await hasFocus(page, "Mention Cem");
  await cem.asks({ type: "leave", room: "lobby" });
  await hasFocus(page, "UL");
});

browserTest(
  "page takes keys at the caret after a dialog that was used with the mouse",
  async (stage) => {
    const server = await stage.serve();
    const page = await stage.newPage();
    await enter(page, server.url, "Ada");
    await say(page, "hello");
    const message = messages(page).filter({ hasText: "hello" });
    const choose = async (action: string) => {
      await message.hover();
      await page.getByRole("button", { name: "More", exact: true }).click();
      await page.getByRole("menuitem", { name: action }).click();
    };
    const uses: Record<string, () => Promise<void>> = {
      "a menu": async () => await choose("Copy text"),
      "a reply": async () => await choose("Reply"),
      "a question": async () => {
        await choose("Delete");
        await page.getByRole("button", { name: "Keep" }).click();
      },
      "a click beside a dialog": async () => {
        await choose("React");
        await page.getByRole("combobox", { name: "Find an emoji" }).waitFor();
        await page.mouse.click(5, 300);
      },
    };
    for (const [name, use] of Object.entries(uses)) {
      await composer(page).fill("ad");
      await page.keyboard.press("ArrowLeft");
      await use();
      await page.locator("dialog[open]").waitFor({ state: "detached" });
      await page.keyboard.type("n");
      await eventually(async () => assertEquals(await composer(page).inputValue(), "and", name));
    }
  },
);
