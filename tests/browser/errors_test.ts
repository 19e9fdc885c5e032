import { assertEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  enter,
  eventually,
  hasTexts,
  messages,
  nameField,
  say,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

browserTest("page stops at a terminal close code and says why", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage();
  let attempts = 0;
  await page.routeWebSocket("**/ws", (socket) => {
    attempts++;
    socket.close({ code: 4501, reason: "Flooding" });
  });
  await page.goto(url);
  await nameField(page).fill("Ada");
  await page.keyboard.press("Enter");
  await page.getByText("Too much was sent in a short time").waitFor();
  await page.getByRole("status").filter({ hasText: "Disconnected" }).waitFor();
  assertEquals(attempts, 1);
  await page.getByRole("button", { name: /retry|again|connect/i }).click();
  await eventually(() => assertEquals(attempts, 2));
});

browserTest("page keeps a refused message, to try it again", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage();
  let isRefusing = true;
  await page.routeWebSocket("**/ws", (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((frame) => {
      const { type, ref } = JSON.parse(String(frame));
      if (type !== "send" || !isRefusing) return server.send(frame);
      const error = { type: "error", ref, code: "internal", message: "The server failed" };
      socket.send(JSON.stringify([error]));
    });
  });
  await enter(page, url, "Ada");
  await say(page, "refused once");
  const retry = messages(page).getByRole("button", { name: "Try again" });
  await retry.waitFor();
  isRefusing = false;
  await retry.click();
  await hasTexts(page, ["refused once"]);
});

browserTest("page ignores events and fields that it doesn't know", async ({ newPage, serve }) => {
  const { url, chat } = await serve();
  const page = await newPage();
  await page.routeWebSocket("**/ws", (socket) => {
    socket.connectToServer().onMessage((frame) => {
      const events = JSON.parse(String(frame)).map((event: object) => ({ ...event, extra: {} }));
      const unknown = [{ type: "future" }, { type: "poll", room: "lobby", question: "?" }];
      socket.send(JSON.stringify([...unknown, ...events, ...unknown]));
    });
  });
  await enter(page, url, "Ada");
  chat.broadcast("lobby", { id: "bobbobbobbobbobb", name: "Bob" }, "known", "1");
  await hasTexts(page, ["known"]);
});

browserTest("page offers ways out of a room that refuses the name", async ({ newPage, serve }) => {
  const { url } = await serve();
  const [other, page] = [await newPage(), await newPage()];
  await enter(other, `${url}/r/garden`, "Ada");
  await enter(page, `${url}/r/lobby`, "Ada");
  const heading = (name: string) => page.getByRole("heading", { level: 1, name });
  const join = async (room: string) => {
    await page.getByRole("textbox", { name: "Room to join" }).fill(room);
    await page.keyboard.press("Enter");
    await heading(room).waitFor();
  };

  // Cancelling goes back.
  await join("garden");
  await nameField(page).waitFor();
  await page.keyboard.press("Escape");
  await heading("lobby").waitFor();
  assertEquals(await page.getByRole("link", { name: "garden" }).count(), 0);
  assertEquals(new URL(page.url()).pathname, "/r/lobby");

  // The same for a room that a link opened.
  await page.goto(`${url}/r/garden`);
  await nameField(page).waitFor();
  await page.keyboard.press("Escape");
  await heading("lobby").waitFor();
  assertEquals(await page.getByRole("link", { name: "garden" }).count(), 0);
  assertEquals(new URL(page.url()).pathname, "/r/lobby");

  // The text waits, can be discarded, and the room can be left.
  await page.goto(`${url}/r/garden`);
  await nameField(page).waitFor();
  await page.reload();
  await nameField(page).waitFor();
  await page.keyboard.press("Escape");
  await nameField(page).waitFor({ state: "hidden" });
  await page.getByText("You are not in #garden").waitFor();
  await say(page, "one");
  await say(page, "two");
  const waiting = messages(page).filter({ hasText: "Waiting to be sent" });
  await eventually(async () => assertEquals(await waiting.count(), 2));
  await say(page, "three");
  await eventually(async () => assertEquals(await waiting.count(), 3));
  await waiting.filter({ hasText: "one" }).getByRole("button", { name: "Discard" }).click();
  await eventually(async () => assertEquals(await waiting.count(), 2));
  // The focus moves to the next one.
  await waiting.filter({ hasText: "three" }).getByRole("button", { name: "Discard" }).focus();
  await page.keyboard.press("Enter");
  await eventually(async () => assertEquals(await waiting.count(), 1));
  assertEquals(await page.evaluate(() => document.activeElement?.textContent), "Discard");
  await page.getByRole("button", { name: "Leave #garden" }).click();
  const leaving = page.getByRole("dialog", { name: "Leave #garden?" });
  await leaving.getByText("A message that was not sent will be discarded.").waitFor();
  await leaving.getByRole("button", { name: "Stay" }).click();
  await page.getByRole("button", { name: "Leave #garden" }).click();
  await leaving.getByRole("button", { name: "Leave" }).click();
  await heading("lobby").waitFor();
  assertEquals(await page.getByRole("link", { name: "garden" }).count(), 0);

  // With another name the room is joined.
  await join("garden");
  await nameField(page).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await say(page, "under another name");
  await hasTexts(other, ["under another name"]);
});

browserTest("page says that a room is full, and joins when it has a place", async (stage) => {
  const { url } = await stage.serve({
    CHAT_MEMBERS_PER_ROOM: "1",
    CHAT_ROOMS_PER_CONNECTION: "2",
    CHAT_LEAVE_GRACE_MS: "0",
  });
  const [bob, ada] = [await stage.newPage(), await stage.newPage()];
  await enter(bob, `${url}/r/garden`, "Bob");
  await enter(ada, `${url}/r/lobby`, "Ada");
  const join = async (room: string) => {
    await ada.getByRole("textbox", { name: "Room to join" }).fill(room);
    await ada.keyboard.press("Enter");
  };
  await join("garden");
  await ada.getByText("You are not in #garden: it is full").waitFor();
  // Once, so that a screen reader says it once.
  const spoken = "[aria-live=polite], [role=status], [role=alert]";
  const regions = ada.locator(spoken).filter({ hasText: "You are not in #garden" });
  assertEquals(await regions.count(), 1);
  await ada.getByRole("listitem").filter({ hasText: "garden" }).getByText("not joined").waitFor();
  await bob.close();
  // By itself, while the user looks at the room.
  await ada.getByRole("heading", { name: "People here 1" }).waitFor();
  await ada.getByText("You are not in").waitFor({ state: "hidden" });

  await join("shed");
  await ada.getByText("you are in 2 rooms, and no more are allowed").waitFor();
  await ada.getByRole("button", { name: "Leave #garden" }).click();
  await say(ada, "in the shed");
  await hasTexts(ada, ["in the shed"]);
});
