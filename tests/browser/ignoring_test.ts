/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import { browserTest, closeBrowser, enter, hasTexts, isOnline, messages, say } from "./browser.ts";
import { RealServer } from "../support/real_server.ts";
import { dataFolder } from "../support/server_process.ts";

Deno.test.afterAll(closeBrowser);

const BOB = { id: "bobbobbobbobbobb", name: "Bob" };
const EVE = { id: "eveeveeveeveevee", name: "Eve" };

browserTest("page folds the messages of people whom the user ignores", async (stage) => {
  const { CHAT_DATA } = stage.use(await dataFolder());
  const server = stage.use(RealServer.start({ CHAT_DATA }));
  const url = `http://127.0.0.1:${server.port}`;
  const cem = stage.use(await server.user("Cem"));
  await cem.join("lobby");
  const page = await stage.newPage();
  await enter(page, url, "Ada");
  const says = (user: typeof BOB, text: string) => server.chat.broadcast("lobby", user, text, text);
  says(BOB, "one");
  says(BOB, "two");
  says(EVE, "three");
  await hasTexts(page, ["one", "two", "three"]);
  await messages(page).first().hover();
  await page.getByRole("button", { name: "Reply" }).click();
  await page.reload();
  await page.getByText("Replying to Bob: one").waitFor();
  await say(page, "an answer");
  await page.locator(".quote").filter({ hasText: "Bob: one" }).waitFor();

  await messages(page).first().hover();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Ignore" }).click();
  await hasTexts(page, ["three", "an answer"]);
  // Neither a quote nor the search shows what Bob said.
  const nothing = "A message of somebody whom you ignore";
  await page.locator(".quote").filter({ hasText: nothing }).waitFor();
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("combobox").fill("one");
  await page.getByRole("option").filter({ hasText: nothing }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("2 messages of Bob, whom you ignore").waitFor();
  says(BOB, "four");
  says(EVE, "five");
  await hasTexts(page, ["three", "an answer", "five"]);
  await page.getByRole("button", { name: "Show 2 messages of Bob" }).click();
  await hasTexts(page, ["one", "two", "three", "an answer", "five"]);
  await page.getByRole("button", { name: "Show 1 message of Bob" }).waitFor();

  // The user of another tab, and of the next visit.
  const other = await stage.samePerson(page);
  await other.goto(url);
  await isOnline(other);
  await hasTexts(other, ["three", "an answer", "five"]);

  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Stop ignoring Bob" }).click();
  await page.getByText("People whom you ignore").waitFor({ state: "hidden" });
  // The focus stays in the dialog.
  assertEquals(
    await page.evaluate(() => document.activeElement?.closest("dialog")?.id),
    "settings",
  );
  await page.keyboard.press("Escape");
  await hasTexts(page, ["one", "two", "three", "an answer", "four", "five"]);
  await hasTexts(other, ["one", "two", "three", "an answer", "four", "five"]);

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
