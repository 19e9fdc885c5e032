/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  enter,
  eventually,
  Line,
  messages,
  type Page,
  say,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

/** The most rows that may be drawn, and the most pixels by which a row may shift. */
const MAX_ROWS = 520;
const SHIFT = 2;

const HOUR_MS = 3_600_000;

browserTest("page follows 3,000 messages only at the bottom", async (stage) => {
  const server = await stage.serve({ "CHAT_HISTORY_SIZE": "5000" });
  await server.fill("lobby", 3000);
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  await isAtBottom(page, "message 3000");
  await server.fill("lobby", 1, 3001);
  await isAtBottom(page, "message 3001");

  await wheel(page, -1500);
  const before = await placeIn(page);
  await server.fill("lobby", 5, 3002);
  await page.getByRole("button", { name: "5 new messages" }).waitFor();
  assertEquals(await topOf(page, before.text), before.top);

  await page.getByRole("button", { name: "5 new messages" }).click();
  await isAtBottom(page, "message 3006");
  await page.getByRole("button", { name: /new messages|latest/ }).waitFor({ state: "hidden" });
});

browserTest("page loads older messages and keeps the place, with few rows", async (stage) => {
  const server = await stage.serve({ "CHAT_HISTORY_SIZE": "5000" });
  await server.fill("lobby", 3000);
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  await isAtBottom(page, "message 3000");

  while (await firstNumber(page) > 2000) {
    const first = await firstNumber(page);
    await wheel(page, -1000);
    const { text, top } = await placeIn(page);
    // Near the top of the drawn part, more is drawn; the rows in sight do not move.
    const isNear = await page.getByRole("log").evaluate((log) => log.scrollTop < 700);
    if (isNear) {
      await eventually(async () => assertEquals(await firstNumber(page) < first, true));
      const now = await topOf(page, text) ?? Infinity;
      assertEquals(Math.abs(now - top) <= SHIFT, true, `${text}: from ${top} to ${now}`);
    }
    assertEquals(await messages(page).count() <= MAX_ROWS, true);
  }

  // Down again: the newer rows, which were removed, are drawn again.
  await eventually(async () => {
    await wheel(page, 20_000);
    await isAtBottom(page, "message 3000", 0);
  });
  assertEquals(await messages(page).count() <= MAX_ROWS, true);
});

browserTest("page scrolls through 10,000 messages and back, with few rows", async (stage) => {
  const server = await stage.serve({
    "CHAT_HISTORY_SIZE": "10000",
    "CHAT_JOIN_HISTORY": "10000",
  });
  await server.fill("lobby", 10_000);
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  await isAtBottom(page, "message 10000");
  for (const [direction, end] of [["up", "message 1"], ["down", "message 10000"]] as const) {
    // In the page, since this takes some hundred steps.
    const found = await page.getByRole("log").evaluate(async (log, { direction, end }) => {
      const texts = () => [...log.querySelectorAll<HTMLElement>("article .text")];
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const found = { rows: 0, shift: 0, isEndReached: false };
      for (let step = 0; step < 600 && !found.isEndReached; step++) {
        log.scrollTop = direction === "up" ? 0 : log.scrollHeight;
        const edge = texts().at(direction === "up" ? 0 : -1)?.textContent;
        // Its element may be replaced: the first of a group looks different.
        const top = () =>
          texts().find((each) => each.textContent === edge)?.getBoundingClientRect().top ?? NaN;
        const before = top();
        found.isEndReached = edge === end;
        await frame();
        found.rows = Math.max(found.rows, texts().length);
        found.shift = Math.max(found.shift, Math.abs(top() - before));
      }
      return found;
    }, { direction, end });
    assertEquals(
      { ...found, rows: found.rows <= MAX_ROWS, shift: found.shift <= SHIFT },
      { rows: true, shift: true, isEndReached: true },
      `${direction}: ${JSON.stringify(found)}`,
    );
  }
  await isAtBottom(page, "message 10000");
  await server.fill("lobby", 1, 10_001);
  await isAtBottom(page, "message 10001");
});

browserTest("page stays at the bottom when the composer grows as it scrolls", async (stage) => {
  const server = await stage.serve();
  await server.fill("lobby", 100);
  const page = await stage.newPage({ viewport: { width: 360, height: 640 } });
  await enter(page, server.url, "Ada");
  await isAtBottom(page, "message 100");
  await page.evaluate(() => {
    const field = document.querySelector("textarea");
    const log = document.querySelector("[role=log]");
    if (field === null || log === null) throw new TypeError("The page has no composer or log");
    log.scrollTop -= 1;
    field.value = "line\n".repeat(8);
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
  await isAtBottom(page, "message 100");
  await server.fill("lobby", 1, 101);
  await isAtBottom(page, "message 101");
});

browserTest(
  "page keeps new messages in sight of a server whose clock was set back",
  async (stage) => {
    const first = await stage.serve();
    const line = stage.use(new Line(first.port));
    const page = await stage.newPage();
    await enter(page, line.url, "Ada");
    first.fill("lobby", 100);
    await isAtBottom(page, "message 100");

    const second = await stage.serve({}, -2 * HOUR_MS);
    second.fill("lobby", 2, 101);
    line.lead(second.port);
    await page.getByText("Caught up: 2 messages, but some may be missing").waitFor();
    await isAtBottom(page, "message 102");
    const log = await page.getByRole("log").innerText();
    const [before = "", after = ""] = log.split("Some messages may be missing here");
    assertEquals([before.includes("message 100"), after.includes("message 101")], [true, true]);
    await say(page, "mine");
    await isAtBottom(page, "mine");

    await wheel(page, -1500);
    second.fill("lobby", 1, 103);
    await page.getByRole("button", { name: "1 new message" }).click();
    await isAtBottom(page, "message 103");

    // Again, while the user reads messages of the first server.
    await wheel(page, -1500);
    const reading = await placeIn(page);
    const third = await stage.serve({}, -3 * HOUR_MS);
    third.fill("lobby", 1, 104);
    line.lead(third.port);
    await page.getByRole("button", { name: "1 new message" }).waitFor();
    assertEquals(await topOf(page, reading.text), reading.top);
    await page.getByRole("button", { name: "1 new message" }).click();
    await isAtBottom(page, "message 104");
  },
);

browserTest("page restores the scroll position of each room", async (stage) => {
  const server = await stage.serve({ "CHAT_HISTORY_SIZE": "5000" });
  await server.fill("lobby", 1000);
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  await isAtBottom(page, "message 1000");
  const open = async (room: string) => {
    await page.getByRole("link", { name: `#${room}` }).click();
    await page.getByRole("heading", { level: 1, name: room }).waitFor();
  };
  await page.getByRole("textbox", { name: "Room to join" }).fill("garden");
  await page.keyboard.press("Enter");
  await server.fill("garden", 100);
  await isAtBottom(page, "message 100");
  await open("lobby");
  await isAtBottom(page, "message 1000");

  // Far up, outside of the part that is drawn at first.
  await eventually(async () => {
    await wheel(page, -3000);
    assertEquals(await firstNumber(page) < 700, true);
  });
  await wheel(page, 333);
  const reading = await placeIn(page);
  await open("garden");
  await isAtBottom(page, "message 100");
  await server.fill("lobby", 5, 1001);
  await page.getByRole("link", { name: "#lobby 5 unread" }).waitFor();
  await open("lobby");
  await page.getByRole("button", { name: "5 new messages" }).waitFor();
  const top = await topOf(page, reading.text) ?? Infinity;
  assertEquals(Math.abs(top - reading.top) <= SHIFT, true, `${reading.top} is now ${top}`);
  assertEquals(await messages(page).count() <= MAX_ROWS, true);

  // The first unread message follows the last read one.
  await page.getByRole("button", { name: "5 new messages" }).click();
  await isAtBottom(page, "message 1005");
  const line = page.getByRole("log").getByText("New", { exact: true });
  const first = line.locator("xpath=ancestor::p/following-sibling::article[1]");
  assertEquals(await first.locator(".text").innerText(), "message 1001");
  // At the bottom it stays there and follows.
  await open("garden");
  await isAtBottom(page, "message 100");
  await open("lobby");
  await isAtBottom(page, "message 1005");
  await server.fill("lobby", 1, 1006);
  await isAtBottom(page, "message 1006");
});

async function wheel(page: Page, pixels: number): Promise<void> {
  await page.getByRole("log").hover();
  await page.mouse.wheel(0, pixels);
  // The next frame scrolls, and the one after it draws.
  await page.evaluate(() =>
    new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  );
}

/** Waits until the message is the last one and in sight at the bottom. */
async function isAtBottom(page: Page, text: string, deadlineMs?: number): Promise<void> {
  await eventually(async () => {
    const found = await page.getByRole("log").evaluate((log) => ({
      last: [...log.querySelectorAll("article .text")].at(-1)?.textContent,
      isAtBottom: log.scrollHeight - log.scrollTop - log.clientHeight < 2,
    }));
    assertEquals(found, { last: text, isAtBottom: true });
  }, deadlineMs);
}

/** The first message that is wholly in sight, and how far down it stands. */
async function placeIn(page: Page): Promise<{ text: string; top: number }> {
  return await page.getByRole("log").evaluate((log) => {
    const edge = log.getBoundingClientRect().top;
    for (const text of log.querySelectorAll("article .text")) {
      const { top } = text.getBoundingClientRect();
      if (top >= edge) return { text: text.textContent ?? "", top };
    }
    return { text: "", top: 0 };
  });
}

/** How far down a message stands, if it is drawn. */
async function topOf(page: Page, text: string): Promise<number | undefined> {
  return await page.getByRole("log").evaluate((log, text) => {
    const found = [...log.querySelectorAll("article .text")].find((each) =>
      each.textContent === text
    );
    return found?.getBoundingClientRect().top;
  }, text);
}

/** The number of the first message that is drawn. */
async function firstNumber(page: Page): Promise<number> {
  const text = await page.getByRole("log").locator("article .text").first().innerText();
  return Number(text.replace("message ", ""));
}
