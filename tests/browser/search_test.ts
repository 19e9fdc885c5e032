/// <reference lib="dom" />

/**
 * Tests of the search panel.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { RealServer } from "../support/real_server.ts";
import { dataFolder } from "../support/server_process.ts";
import { browserTest, closeBrowser, composer, enter, eventually, type Page } from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const BOB = { id: "bobbobbobbobbobb", name: "Bob" };

browserTest("page finds a far message, marks its words and leads there", async (stage) => {
  const { CHAT_DATA } = stage.use(await dataFolder());
  const server = stage.use(RealServer.start({ CHAT_DATA, CHAT_MESSAGE_BURST: "10000" }));
  const url = `http://127.0.0.1:${server.port}`;
  const author = stage.use(await server.user("Cem", "0123456789abcdef"));
  await author.join("lobby");
  const { id } = await author.send("lobby", "another needle");
  await server.chat.broadcast("lobby", BOB, "The Café needle, far up", "far");
  await Promise.all(
    Array.from(
      { length: 400 },
      (_, index) => server.chat.broadcast("lobby", BOB, `message ${index}`, `${index}`),
    ),
  );
  const page = await stage.newPage();
  await enter(page, url, "Ada");

  // From the composer, by keyboard alone.
  await composer(page).press("Control+k");
  await field(page).fill("needle cafe");
  const option = page.getByRole("option", { name: "far up" });
  await option.waitFor();
  assertEquals(await option.locator("mark").allInnerTexts(), ["Café", "needle"]);
  await page.getByRole("status").filter({ hasText: "1 message found" }).waitFor();
  assertEquals(await activeText(page), await option.innerText());

  // A deleted text leaves the open panel at once.
  await field(page).fill("needle");
  await page.getByRole("option", { name: "another" }).waitFor();
  await author.ask("ack", { type: "delete", ref: "gone", room: "lobby", id });
  await page.getByRole("option", { name: "another" }).waitFor({ state: "detached" });

  await page.keyboard.press("Enter");
  await page.locator(".target:focus").filter({ hasText: "far up" }).waitFor();
  await page.getByRole("button", { name: "Reply" }).waitFor();
  assertEquals(await page.getByRole("dialog").count(), 0);
  await page.getByRole("button", { name: "latest" }).waitFor();

  // The switcher: a room is joined only when it is chosen.
  await page.keyboard.press("Control+k");
  await field(page).fill("garden");
  await page.getByRole("option", { name: "Join #garden" }).waitFor();
  await page.keyboard.press("Enter");
  assertEquals(await page.getByRole("dialog").count(), 1);
  await page.keyboard.press("ArrowDown");
  assertEquals(await activeText(page), "Join #garden");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "#garden" }).waitFor();
  await page.keyboard.press("Control+k");
  await field(page).fill("lob");
  // The directory's details follow in the next line.
  assertMatch(await activeText(page), /^#lobby\b/);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "#lobby" }).waitFor();

  // Escape closes it, and what is typed goes to the message field again.
  await page.keyboard.press("Control+k");
  await field(page).fill("needle cafe");
  await option.waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".target:focus").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#message:focus").waitFor();
  await page.keyboard.press("Control+k");
  await field(page).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#message:focus").waitFor();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.type("typed");
  assertEquals(await composer(page).inputValue(), "typed");

  // Escape closes it, and the focus returns to the button.
  const opener = page.getByRole("button", { name: "Search or go to a room" });
  await opener.click();
  await field(page).fill("text");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assertEquals(await opener.evaluate((button) => button === document.activeElement), true);
});

function field(page: Page) {
  return page.getByRole("combobox", { name: "Search or go to a room" });
}

/** The text of the option that Enter takes. */
async function activeText(page: Page): Promise<string> {
  let text = "";
  await eventually(async () => {
    const id = await field(page).getAttribute("aria-activedescendant");
    const option = page.locator(`#${id}[aria-selected=true]`);
    assertEquals(await option.count(), 1);
    text = await option.innerText();
  });
  return text;
}
