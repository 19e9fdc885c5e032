/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  hasTexts,
  isOnline,
  type Page,
  say,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

browserTest("page joins, switches and leaves rooms, and counts what is unread", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await enter(page, `${server.url}/r/lobby`, "Ada");
  await say(page, "in the lobby");
  await hasTexts(page, ["in the lobby"]);
  await composer(page).fill("a draft for the lobby");

  await page.getByRole("textbox", { name: "Room to join" }).fill("#Garden");
  await page.keyboard.press("Enter");
  await isIn(page, "garden");
  await hasTexts(page, []);
  assertEquals(await composer(page).inputValue(), "");

  server.fill("lobby", 3);
  const lobby = page.getByRole("navigation", { name: "Rooms" }).getByRole("listitem")
    .filter({ hasText: "lobby" });
  await lobby.getByText("3 unread").waitFor();
  await eventually(async () => assertEquals((await page.title()).startsWith("(3) "), true));

  await page.goBack();
  await isIn(page, "lobby");
  await hasTexts(page, ["in the lobby", "message 1", "message 2", "message 3"]);
  assertEquals(await composer(page).inputValue(), "a draft for the lobby");
  await eventually(async () => assertEquals(await lobby.getByText("unread").count(), 0));
  await page.goForward();
  await isIn(page, "garden");

  // The list is remembered.
  await page.reload();
  await isOnline(page);
  await isIn(page, "garden");
  await lobby.waitFor();
  await page.getByRole("button", { name: "Leave #garden" }).click();
  await isIn(page, "lobby");
  assertEquals(await page.getByRole("link", { name: "garden" }).count(), 0);
});

browserTest("page opens the room of its link", async ({ newPage, serve }) => {
  const { url } = await serve();
  const [ada, bob] = [await newPage(), await newPage()];
  await enter(ada, `${url}/r/shed`, "Ada");
  await enter(bob, ada.url(), "Bob");
  await say(bob, "found it");
  await hasTexts(ada, ["found it"]);
});

browserTest("page says that a name is taken and offers a free one", async ({ newPage, serve }) => {
  const { url } = await serve();
  const [first, second] = [await newPage(), await newPage()];
  await enter(first, url, "Ada");
  await second.goto(url);
  await second.getByRole("textbox", { name: "Your name" }).fill("ADA");
  await second.keyboard.press("Enter");
  await second.getByRole("alert").filter({ hasText: "is taken" }).waitFor();
  await second.keyboard.press("Enter");
  await second.getByRole("dialog").waitFor({ state: "hidden" });
  await say(second, "under another name");
  await hasTexts(first, ["under another name"]);
});

async function isIn(page: Page, room: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name: room }).waitFor();
  await eventually(() => assertEquals(new URL(page.url()).pathname, `/r/${room}`));
}
