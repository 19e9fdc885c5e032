/// <reference lib="dom" />

/**
 * Tests of links to messages, and of the past that they lead to.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  enter,
  eventually,
  isOnline,
  messages,
  nameField,
  type Page,
  say,
  type TestServer,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

/** The most pixels by which a row may shift. */
const SHIFT = 2;

browserTest("page leads to a far message of a link, and back to now", async (stage) => {
  const server = await stage.serve({ "CHAT_HISTORY_SIZE": "5000" });
  const id = await fill(server, 3000, 500);
  const page = await stage.newPage();
  // As a newcomer, with an id in lower case.
  await page.goto(`${server.url}/r/lobby#${id.toLowerCase()}`);
  await nameField(page).fill("Ada");
  await page.keyboard.press("Enter");
  await isOnline(page);
  await isLedTo(page, "message 500");
  assertEquals(new URL(page.url()).hash, `#${id}`);

  // Live messages stay out of it, and are counted.
  const before = await topOf(page, "message 500");
  await server.fill("lobby", 2, 3001);
  const jump = page.getByRole("button", { name: "2 new messages" });
  await jump.waitFor();
  assertEquals(await topOf(page, "message 500"), before);
  assertEquals(await messages(page).filter({ hasText: "message 3001" }).count(), 0);

  // Both ends grow, page by page, and the place stays.
  await scrollUntil(page, -600, "message 401");
  await scrollUntil(page, 600, "message 650");

  await jump.click();
  await isAtBottom(page, "message 3002");
  await jump.waitFor({ state: "hidden" });
  assertEquals(new URL(page.url()).hash, "");

  // A link in a message leads there without another tab; back and forward follow.
  await say(page, `see ${server.url}/r/lobby#${id}`);
  await page.getByRole("log").getByRole("link", { name: id }).click();
  await isLedTo(page, "message 500");
  assertEquals(page.context().pages().length, 1);
  await page.goBack();
  await isAtBottom(page, `see ${server.url}/r/lobby#${id}`);
  await page.goForward();
  await isLedTo(page, "message 500");
  await page.keyboard.press("Escape");
  await isAtBottom(page, `see ${server.url}/r/lobby#${id}`);

  // Of a message at the end, Escape takes the address back, too.
  await say(page, "the end");
  let last = "";
  await eventually(async () => {
    last = await messages(page).filter({ hasText: "the end" }).getAttribute("data-id") ?? "";
    // Before its ack the row has another.
    assertMatch(last, /^[0-9A-Z]{26}$/);
  });
  await page.evaluate((id) => location.hash = id, last);
  await page.waitForFunction((id) =>
    location.hash === `#${id}` &&
    document.querySelector(`[data-id="${id}"].target`) !== null, last);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => location.hash === "");
});

browserTest(
  "page joins the past to its log where they meet, and keeps the place",
  async (stage) => {
    const server = await stage.serve({ "CHAT_HISTORY_SIZE": "5000" });
    const id = await fill(server, 500, 150);
    const page = await stage.newPage();
    await enter(page, server.url, "Ada");
    await isAtBottom(page, "message 500");
    // Written by hand into the address bar.
    await page.evaluate((id) => location.hash = id, id);
    await isLedTo(page, "message 150");
    await scrollUntil(page, 500, "message 320");
    await scrollUntil(page, 5000, "message 500");
    await eventually(async () => {
      await page.getByRole("log").evaluate((log) => log.scrollTop = log.scrollHeight);
      await isAtBottom(page, "message 500", 100);
    });
    await page.getByRole("button", { name: "latest" }).waitFor({ state: "hidden" });
    assertEquals(new URL(page.url()).hash, "");
    await server.fill("lobby", 1, 501);
    await isAtBottom(page, "message 501");

    await page.evaluate(() => location.hash = "01J00000000000000000000000");
    await page.getByText("That message is not kept here any more").waitFor();
    await isAtBottom(page, "message 501");
  },
);

/** Publishes numbered messages. Returns the id of one of them. */
async function fill(server: TestServer, count: number, wanted: number): Promise<string> {
  const user = { id: "fillerfillerfill", name: "Filler" };
  await server.fill("lobby", wanted - 1);
  const receipt = await server.chat.broadcast("lobby", user, `message ${wanted}`, "wanted");
  await server.fill("lobby", count - wanted, wanted + 1);
  return "id" in receipt ? receipt.id : "";
}

/** Waits until a message is marked, has the focus and stands in the upper third of the log. */
async function isLedTo(page: Page, text: string): Promise<void> {
  await eventually(async () => {
    const place = await page.getByRole("log").evaluate((log, text) => {
      const row = log.querySelector(".target");
      const box = row?.getBoundingClientRect();
      const { top, height } = log.getBoundingClientRect();
      return {
        text: row?.querySelector(".text")?.textContent,
        hasFocus: row === document.activeElement,
        isInUpperThird: box !== undefined && box.top >= top && box.top < top + height / 3,
        expected: text,
      };
    }, text);
    assertEquals(place, { text, hasFocus: true, isInUpperThird: true, expected: text });
  });
}

/** Scrolls by steps until a message is drawn. The rows in sight never jump. */
async function scrollUntil(page: Page, step: number, text: string): Promise<void> {
  await page.getByRole("log").hover();
  await eventually(async () => {
    const shift = await page.getByRole("log").evaluate(async (log, step) => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      log.scrollTop += step;
      const { top } = log.getBoundingClientRect();
      const rows = [...log.querySelectorAll<HTMLElement>("article[data-id]")];
      const row = rows.find((each) => each.getBoundingClientRect().top >= top);
      const id = row?.dataset["id"] ?? "";
      const before = row?.getBoundingClientRect().top ?? 0;
      await frame();
      await frame();
      const now = log.querySelector(`[data-id="${id}"]`)?.getBoundingClientRect().top;
      return now === undefined ? NaN : Math.abs(now - before);
    }, step);
    assert(shift <= SHIFT, `a row has shifted by ${shift}`);
    assertEquals(await messages(page).filter({ hasText: new RegExp(`${text}$`) }).count(), 1);
  });
}

async function topOf(page: Page, text: string): Promise<number | undefined> {
  return (await page.getByText(text, { exact: true }).boundingBox())?.y;
}

async function isAtBottom(page: Page, text: string, deadlineMs?: number): Promise<void> {
  await eventually(async () => {
    const found = await page.getByRole("log").evaluate((log) => ({
      last: [...log.querySelectorAll("article .text")].at(-1)?.textContent,
      isAtBottom: log.scrollHeight - log.scrollTop - log.clientHeight < 2,
    }));
    assertEquals(found, { last: text, isAtBottom: true });
  }, deadlineMs);
}
