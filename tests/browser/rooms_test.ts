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

browserTest("page joins, switches and leaves rooms, and counts unread messages", async (stage) => {
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

  await server.fill("lobby", 3);
  const lobby = page.getByRole("navigation", { name: "Rooms" }).getByRole("listitem")
    .filter({ hasText: "lobby" });
  await lobby.getByText("3 unread").waitFor();
  const mark = () => lobby.locator(".badge [aria-hidden]").innerText();
  assertEquals(await mark(), "3");
  await eventually(async () => assertEquals((await page.title()).startsWith("(3) "), true));
  const bob = { id: "bobbobbobbobbobb", name: "Bob" };
  server.chat.broadcast("lobby", bob, "@Ada, come back", "1");
  await lobby.getByText("4 unread, you are mentioned").waitFor();
  assertEquals(await mark(), "@1");

  await page.goBack();
  await isIn(page, "lobby");
  await hasTexts(page, [
    "in the lobby",
    "message 1",
    "message 2",
    "message 3",
    "@Ada, come back",
  ]);
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

browserTest("page does not rejoin a room that was left", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage();
  await enter(page, `${url}/r/lobby`, "Ada");
  for (const room of ["garden", "shed"]) {
    await page.getByRole("textbox", { name: "Room to join" }).fill(room);
    await page.keyboard.press("Enter");
    await isIn(page, room);
  }
  await page.getByRole("button", { name: "Leave #garden" }).click();
  await page.goBack();
  await isIn(page, "shed");
  assertEquals(await page.getByRole("link", { name: "garden" }).count(), 0);
  await page.goBack();
  await isIn(page, "lobby");
});

browserTest(
  "page shows the current room in a long list, and hints at unread ones",
  async (stage) => {
    const server = await stage.serve();
    const page = await stage.newPage({ viewport: { width: 1280, height: 480 } });
    await enter(page, `${server.url}/r/r10`, "Ada");
    await page.evaluate(() => {
      for (let i = 10; i < 28; i++) {
        localStorage.setItem(`parley.room.r${i}`, JSON.stringify({ addedAt: i, muted: false }));
      }
    });
    const link = (name: string) =>
      page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name });
    const isInSight = (name: string) =>
      link(name).evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        const list = element.closest("ul")!.getBoundingClientRect();
        return top >= list.top - 1 && bottom <= list.bottom + 1;
      });
    await page.goto(`${server.url}/r/r27`);
    await isOnline(page);
    await eventually(async () => assertEquals(await isInSight("r27"), true));
    assertEquals(await isInSight("r10"), false);

    for (const room of ["r10", "r20"]) await server.fill(room, 1);
    const above = page.getByRole("button", { name: "2 unread rooms above" });
    await above.click();
    await page.getByRole("button", { name: "1 unread room above" }).click();
    await page.keyboard.press("Enter");
    await isIn(page, "r10");
    await eventually(async () => assertEquals(await isInSight("r10"), true));
    assertEquals(await page.getByRole("button", { name: "above" }).count(), 0);

    // Around the list with the keyboard.
    await page.keyboard.press("Alt+ArrowUp");
    await isIn(page, "r27");
    await eventually(async () => assertEquals(await isInSight("r27"), true));
    await page.keyboard.press("Alt+ArrowDown");
    await isIn(page, "r10");
    await server.fill("r26", 1);
    const below = page.getByRole("button", { name: "2 unread rooms below" });
    await below.waitFor();
    assertEquals(await below.innerText(), "2 unread ↓");
    const bob = { id: "bobbobbobbobbobb", name: "Bob" };
    server.chat.broadcast("r26", bob, "@Ada", "1");
    await page.getByRole("button", { name: "below, you are mentioned" }).waitFor();
    assertEquals(await below.innerText(), "@ 2 unread ↓");
    await page.setViewportSize({ width: 390, height: 480 });
    await page.getByRole("button", { name: "Rooms, some unread, you are mentioned" }).waitFor();
  },
);

browserTest("page switches to a room of this server that a message links to", async (stage) => {
  const { url, chat } = await stage.serve();
  const page = await stage.newPage();
  await enter(page, `${url}/r/lobby`, "Ada");
  const bob = { id: "bob0000000", name: "Bob" };
  chat.broadcast("lobby", bob, `Come to ${url}/r/garden or #lobby`, "1");
  await page.getByRole("log").getByRole("link", { name: "garden" }).click();
  await isIn(page, "garden");
  assertEquals(page.context().pages().length, 1);
  await say(page, "here, not in #lobby");
  await page.getByRole("log").getByRole("link", { name: "#lobby" }).click();
  await isIn(page, "lobby");
  assertEquals(page.context().pages().length, 1);
});

browserTest(
  "page does not use Alt with an arrow on macOS, where it moves the cursor",
  async (stage) => {
    const { url } = await stage.serve();
    const page = await stage.newPage();
    await page.addInitScript(() =>
      Object.defineProperty(navigator, "platform", { get: () => "MacIntel" })
    );
    await enter(page, `${url}/r/garden`, "Ada");
    await page.getByRole("textbox", { name: "Room to join" }).fill("lobby");
    await page.keyboard.press("Enter");
    await isIn(page, "lobby");
    await say(page, "hi");
    const prevented = await page.evaluate(() => {
      const event = new KeyboardEvent("keydown", {
        key: "ArrowUp",
        altKey: true,
        cancelable: true,
      });
      document.dispatchEvent(event);
      return event.defaultPrevented;
    });
    assertEquals(prevented, false);
    await page.keyboard.press("Alt+Meta+ArrowUp");
    await isIn(page, "garden");
    await page.getByRole("button", { name: "Help" }).click();
    const keys = page.getByRole("dialog", { name: "Help" }).locator("dl > div", {
      hasText: "Previous or next room",
    }).locator("kbd");
    assertEquals(await keys.allInnerTexts(), ["⌥⌘", "↑", "↓"]);
  },
);

async function isIn(page: Page, room: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name: room }).waitFor();
  await eventually(() => assertEquals(new URL(page.url()).pathname, `/r/${room}`));
}
