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

browserTest("page keeps a message that was refused, to be tried again", async (stage) => {
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
