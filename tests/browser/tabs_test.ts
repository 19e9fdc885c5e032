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

browserTest("page marks messages as read that another tab has shown", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await enter(page, `${server.url}/r/lobby`, "Ada");
  const other = await stage.samePerson(page);
  await other.goto(`${server.url}/r/garden`);
  await isOnline(other);
  await setHidden(page, true);
  await server.fill("lobby", 3);
  for (const tab of [page, other]) {
    await eventually(async () => assertEquals((await tab.title()).startsWith("(3) "), true));
  }
  await other.getByRole("link", { name: "lobby" }).click();
  await eventually(async () => assertEquals(await other.title(), "#lobby · Parley"));
  await eventually(async () => assertEquals(await page.title(), "#lobby · Parley"));
  await page.getByRole("log").getByText("New", { exact: true }).waitFor({ state: "detached" });
  // Messages that come while the other tab shows the room are read, too.
  await server.fill("lobby", 1, 4);
  await hasTexts(page, ["message 1", "message 2", "message 3", "message 4"]);
  await eventually(async () => assertEquals(await page.title(), "#lobby · Parley"));
});

browserTest(
  "page shares drafts with another tab, and restores none that was sent",
  async (stage) => {
    const { url } = await stage.serve();
    const page = await stage.newPage();
    await enter(page, url, "Ada");
    await composer(page).fill("half a");
    const other = await stage.samePerson(page);
    await other.goto(url);
    await isOnline(other);
    assertEquals(await composer(other).inputValue(), "half a");
    await composer(page).fill("half a thought");
    await eventually(async () =>
      assertEquals(await composer(other).inputValue(), "half a thought")
    );
    await say(page, "a whole thought");
    await eventually(async () => assertEquals(await composer(other).inputValue(), ""));
    await composer(other).fill("theirs");
    await page.reload();
    await isOnline(page);
    assertEquals(await composer(page).inputValue(), "theirs");
  },
);

browserTest("page follows the theme that another tab has chosen", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage({ colorScheme: "light" });
  await enter(page, url, "Ada");
  const other = await stage.samePerson(page);
  await other.goto(url);
  await other.getByRole("button", { name: "Settings" }).click();
  await other.getByRole("radio", { name: "Dark" }).check();
  await page.locator("html[data-theme=dark]").waitFor();
});

/**
 * Hides a page, as if the user had another tab on show: all pages of a headless browser are
 * visible.
 */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}
