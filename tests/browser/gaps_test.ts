/// <reference lib="dom" />

/**
 * Tests of the page with a server that keeps messages, and gives only the newest when it is back.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Client } from "../support/clients.ts";
import { ANY_PORT, dataFolder, ServerProcess, UNLIMITED } from "../support/server_process.ts";
import {
  browserTest,
  closeBrowser,
  enter,
  eventually,
  isOnline,
  Line,
  type Page,
  type Stage,
  textsOf,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

/** What the user has read, what the server has of a room in memory, and what is said while nobody is there. */
const READ = 120;
const HISTORY = 40;
const MISSED = 450;

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `message ${from + index}`);

/** A server that can be stopped and started again with the same data, and a line to it. */
async function restartable(stage: Stage): Promise<{ line: Line; restart: () => Promise<number> }> {
  const { CHAT_DATA } = stage.use(await dataFolder());
  const start = async () =>
    await ServerProcess.start({
      environment: {
        ...ANY_PORT,
        ...UNLIMITED,
        CHAT_DATA,
        CHAT_HISTORY_SIZE: String(HISTORY),
        CHAT_DRAIN_MS: "0",
      },
    });
  let server = await start();
  stage.use({ [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() });
  const line = stage.use(new Line(await server.port()));
  const restart = async () => {
    line.cut();
    server.kill("SIGTERM");
    await server.exit();
    server = await start();
    return await server.port();
  };
  return { line, restart };
}

/** Says "message 1" and so on as Bob. */
async function sayAll(port: number, texts: readonly string[]): Promise<void> {
  await using bob = await Client.open(port);
  await bob.ask("welcome", { type: "hello", name: "Bob", key: "the key of Bob, who talks much" });
  await bob.ask("joined", { type: "join", room: "lobby" });
  for (let start = 0; start < texts.length; start += 40) {
    const batch = texts.slice(start, start + 40);
    await bob.tell(
      ...batch.map((text) => ({ type: "send" as const, ref: text, room: "lobby", text })),
    );
    for (const text of batch) await bob.next("ack", ({ ref }) => ref === text);
  }
}

/** A page that has read 120 messages, and comes back when many more were said after a restart. */
async function comeBack(
  stage: Stage,
  { isFarUp = false, isHeld = false } = {},
): Promise<{ page: Page; line: Line; release: () => void; port: number }> {
  const { line, restart } = await restartable(stage);
  const page = await stage.newPage();
  const held: (() => void)[] = [];
  let isHolding = isHeld;
  await page.routeWebSocket("**/ws", (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((frame) => {
      const send = () => server.send(frame);
      if (
        isHolding && JSON.parse(String(frame)).since !== undefined &&
        JSON.parse(String(frame)).type === "history"
      ) held.push(send);
      else send();
    });
  });
  const release = () => {
    isHolding = false;
    for (const send of held.splice(0)) send();
  };
  await sayAll(Number(new URL(line.url).port), numbered(1, READ));
  await enter(page, line.url, "Ada");
  await eventually(async () => assertEquals((await textsOf(page)).at(-1), `message ${READ}`));
  // The page holds all of them, though the server has fewer in memory.
  await page.getByRole("log").evaluate((log) => log.scrollTop = 0);
  await eventually(async () => assertEquals((await textsOf(page)).length, READ));
  await page.getByRole("log").evaluate((log, isFarUp) => {
    log.scrollTop = isFarUp ? 0 : log.scrollHeight;
  }, isFarUp);
  const port = await restart();
  await sayAll(port, numbered(READ + 1, READ + MISSED));
  line.lead(port);
  await isOnline(page);
  await page.getByText(`Caught up: ${HISTORY} messages; more can be loaded`).waitFor();
  return { page, line, release, port };
}

/** The texts of the whole log, as they are drawn to be printed. */
async function allTexts(page: Page): Promise<string[]> {
  // At once: between two calls the page may draw its window again.
  return await page.getByRole("log").evaluate((log) => {
    dispatchEvent(new Event("beforeprint"));
    const texts = [...log.querySelectorAll<HTMLElement>("article .text")].map((each) =>
      each.innerText
    );
    dispatchEvent(new Event("afterprint"));
    return texts;
  });
}

const gapOf = (page: Page) => page.getByRole("log").locator(".gap");

browserTest(
  "page loads what was said while it was away, in order, and keeps the place",
  async (stage) => {
    const { page, line, port } = await comeBack(stage, { isFarUp: true });
    // The gap is below what is in sight, so nothing is loaded before the user asks for it.
    await gapOf(page).getByText("Messages are missing here").waitFor();
    const load = gapOf(page).getByRole("button", { name: "Load messages" });
    assertEquals((await allTexts(page)).length, READ + HISTORY);
    const before = await topOf(page, "message 1");
    // Without a connection nothing can be loaded.
    line.cut();
    await isWaiting(page, "Load messages when you are back");
    line.mend();
    await isOnline(page);
    await load.evaluate((button: HTMLElement) => button.focus({ preventScroll: true }));
    await page.keyboard.press("Enter");
    await page.getByText(`${MISSED - HISTORY} messages were loaded`).waitFor({ state: "attached" });
    assertEquals(await allTexts(page), numbered(1, READ + MISSED));
    assertEquals(await topOf(page, "message 1"), before);
    // The focus stays in the conversation.
    assertEquals(await page.evaluate(() => document.activeElement?.id), "log");
    // Positions go on after it.
    await sayAll(port, ["later"]);
    await eventually(async () => assertEquals((await allTexts(page)).at(-1), "later"));
  },
);

browserTest(
  "page shows where reading stopped, and loads on while the user scrolls down",
  async (stage) => {
    const { page } = await comeBack(stage);
    const line = page.getByRole("log").getByText("New", { exact: true });
    await line.waitFor();
    const first = line.locator("xpath=ancestor::p/following-sibling::article[1]");
    assertEquals(await first.locator(".text").innerText(), `message ${READ + 1}`);
    assertEquals(await isInSight(page, `message ${READ + 1}`), true);
    await scrollDown(page);
    assertEquals(await allTexts(page), numbered(1, READ + MISSED));
  },
);

browserTest("page keeps the place below a gap that is filled", async (stage) => {
  const { page, release } = await comeBack(stage, { isFarUp: true, isHeld: true });
  await page.getByRole("button", { name: `${HISTORY}+ new messages` }).click();
  await gapOf(page).getByRole("button", { name: "Loading…" }).waitFor();
  await page.getByRole("log").hover();
  await page.mouse.wheel(0, -150);
  await page.getByRole("button", { name: "Jump to the latest" }).waitFor();
  const text = `message ${READ + MISSED - 9}`;
  const before = await topOf(page, text) ?? NaN;
  release();
  await gapOf(page).waitFor({ state: "detached" });
  const shift = Math.abs((await topOf(page, text) ?? NaN) - before);
  assertEquals(shift <= 2, true, `${shift} px`);
  assertEquals(await allTexts(page), numbered(1, READ + MISSED));
});

browserTest("page goes to the first unread message in a gap that is not loaded", async (stage) => {
  const { page, release } = await comeBack(stage, { isHeld: true });
  await gapOf(page).getByRole("button", { name: "Loading…" }).waitFor();
  const first = page.getByRole("button", { name: `${HISTORY}+ new messages. Show the first` });
  await first.waitFor();
  await first.click();
  await page.getByRole("button", { name: "Looking for the first…" }).waitFor();
  release();
  await eventually(async () => assertEquals(await isInSight(page, `message ${READ + 1}`), true));
  assertEquals(await page.getByRole("log").getByText("New", { exact: true }).count(), 1);
});

browserTest(
  "page goes to the first unread message far above what it has at the next visit",
  async (stage) => {
    const { line, restart } = await restartable(stage);
    await sayAll(Number(new URL(line.url).port), numbered(1, READ));
    const page = await stage.newPage();
    await enter(page, line.url, "Ada");
    await eventually(async () => assertEquals((await textsOf(page)).at(-1), `message ${READ}`));
    await page.goto("about:blank");
    const port = await restart();
    await sayAll(port, numbered(READ + 1, READ + MISSED));
    line.lead(port);
    await page.goto(line.url);
    const first = page.getByRole("button", { name: "new messages. Show the first" });
    await first.waitFor();
    line.cut();
    await isWaiting(page, "Show the first when you are back");
    line.mend();
    await isOnline(page);
    await first.click();
    await eventually(async () => assertEquals(await isInSight(page, `message ${READ + 1}`), true));
    // What was read before is above it, what is not loaded yet below.
    await scrollDown(page);
    await eventually(async () => {
      await page.getByRole("log").evaluate((log) => log.scrollTop = 0);
      assertEquals(await allTexts(page), numbered(1, READ + MISSED));
    });
    await page.getByText("#lobby begins here. What is said is kept.").waitFor();
  },
);

/** Scrolls to the newest message, in steps that a user sees. */
async function scrollDown(page: Page): Promise<void> {
  await page.getByRole("log").hover();
  await eventually(async () => {
    await page.mouse.wheel(0, 400);
    assertEquals((await textsOf(page)).at(-1), `message ${READ + MISSED}`);
    assertEquals(await gapOf(page).count(), 0);
  }, 60_000);
}

/** Waits until a button says that it can do nothing without a connection. */
async function isWaiting(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, disabled: true }).waitFor({ state: "attached" });
}

async function topOf(page: Page, text: string): Promise<number | undefined> {
  return await page.getByRole("log").evaluate(
    (log, text) =>
      [...log.querySelectorAll("article .text")].find((each) => each.textContent === text)
        ?.getBoundingClientRect().top,
    text,
  );
}

async function isInSight(page: Page, text: string): Promise<boolean> {
  return await page.getByRole("log").evaluate((log, text) => {
    const found = [...log.querySelectorAll("article .text")].find((each) =>
      each.textContent === text
    );
    const { top, bottom } = log.getBoundingClientRect();
    const box = found?.getBoundingClientRect();
    return box !== undefined && box.top >= top && box.bottom <= bottom;
  }, text);
}
