/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  comeAll,
  enter,
  hasTexts,
  isOnline,
  messages,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const BOB = { id: "bobbobbobbobbobb", name: "Bob" };
const EVE = { id: "eveeveeveeveevee", name: "Eve" };

browserTest("page folds the messages of people whom the user ignores", async (stage) => {
  const server = await stage.serve();
  await comeAll(stage, server, ["Cem"]);
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  const says = (user: typeof BOB, text: string) => server.chat.broadcast("lobby", user, text, text);
  says(BOB, "one");
  says(BOB, "two");
  says(EVE, "three");
  await hasTexts(page, ["one", "two", "three"]);

  await messages(page).first().hover();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Ignore" }).click();
  await hasTexts(page, ["three"]);
  await page.getByText("2 messages of Bob, whom you ignore").waitFor();
  says(BOB, "four");
  says(EVE, "five");
  await hasTexts(page, ["three", "five"]);
  await page.getByRole("button", { name: "Show 2 messages of Bob" }).click();
  await hasTexts(page, ["one", "two", "three", "five"]);
  await page.getByRole("button", { name: "Show 1 message of Bob" }).waitFor();

  // The user of another tab, and of the next visit.
  const other = await stage.samePerson(page);
  await other.goto(server.url);
  await isOnline(other);
  await hasTexts(other, ["three", "five"]);

  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Stop ignoring Bob" }).click();
  await page.getByText("People whom you ignore").waitFor({ state: "hidden" });
  // The focus stays in the dialog.
  assertEquals(
    await page.evaluate(() => document.activeElement?.closest("dialog")?.id),
    "settings",
  );
  await page.keyboard.press("Escape");
  await hasTexts(page, ["one", "two", "three", "four", "five"]);
  await hasTexts(other, ["one", "two", "three", "four", "five"]);

  // By keyboard, in the list of people.
  await page.getByRole("button", { name: "Mention Cem" }).focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Ignore" }).click();
  await page.locator("#members .ignored").filter({ hasText: "Cem" }).waitFor();
  await page.getByRole("button", { name: "Mention Cem" }).focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Stop ignoring" }).click();
  await page.locator("#members .ignored").waitFor({ state: "detached" });
});
