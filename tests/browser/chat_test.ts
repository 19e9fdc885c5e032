/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import {
  browserTest,
  chromiumTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  hasTexts,
  isOnline,
  isSeenTyping,
  Line,
  messages,
  type Page,
  PLAIN_HOST,
  say,
  write,
} from "./browser.ts";
import { ANY_PORT, ServerProcess } from "../support/server_process.ts";

Deno.test.afterAll(closeBrowser);

const phoneTest = chromiumTest("emulates phones");

browserTest("page exchanges messages of two users", async ({ newPage, serve }) => {
  const { url } = await serve();
  const [ada, bob] = [await newPage(), await newPage()];
  await enter(ada, url, "Ada");
  await enter(bob, url, "Bob");

  await say(ada, "Hello Bob");
  await hasTexts(bob, ["Hello Bob"]);
  await say(bob, "Hello Ada\nhow are you?");
  await hasTexts(ada, ["Hello Bob", "Hello Ada\nhow are you?"]);

  await messages(bob).filter({ hasText: "Hello Bob" }).getByText("Ada", { exact: true }).waitFor();
  await isSeenTyping(bob, "Bob", ada);
  // Some browsers give the focus to one window only.
  await ada.bringToFront();
  await eventually(async () => assertEquals(await ada.title(), "#lobby · Parley"));
});

browserTest("page works over plain http from another machine", async ({ newPage, serve }) => {
  const { port } = await serve();
  const page = await newPage();
  await enter(page, `http://${PLAIN_HOST}:${port}`, "Ada");
  assertEquals(await page.evaluate(() => isSecureContext), false);
  await say(page, "sent without a secure context");
  await hasTexts(page, ["sent without a secure context"]);
  await page.getByRole("button", { name: "Copy the room's link" }).click();
  await page.getByText("Link copied").waitFor();
});

browserTest("page breaks the line on Shift+Enter and sends on Enter", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage();
  await enter(page, url, "Ada");
  await composer(page).pressSequentially("one");
  await page.keyboard.press("Shift+Enter");
  await composer(page).pressSequentially("two");
  await hasTexts(page, []);
  await page.keyboard.press("Enter");
  await hasTexts(page, ["one\ntwo"]);
  assertEquals(await composer(page).inputValue(), "");
});

phoneTest("page breaks the line on a phone's Enter and sends by the button", async (stage) => {
  const { url } = await stage.serve();
  const phone = { viewport: { width: 390, height: 700 }, hasTouch: true, isMobile: true };
  const page = await stage.newPage(phone);
  await enter(page, url, "Ada");
  const field = composer(page);
  assertEquals(await field.getAttribute("enterkeyhint"), "enter");
  await field.tap();
  await page.keyboard.type("one");
  await page.keyboard.press("Enter");
  await page.keyboard.type("two");
  await page.keyboard.press("Enter");
  assertEquals(await field.inputValue(), "one\ntwo\n");
  await page.getByRole("button", { name: "Send" }).tap();
  await hasTexts(page, ["one\ntwo"]);
  assertEquals(await field.evaluate((element) => element === document.activeElement), true);
  await page.keyboard.type("three");
  await page.keyboard.press("Control+Enter");
  await hasTexts(page, ["one\ntwo", "three"]);
});

browserTest(
  "page sends on Ctrl+Enter and Cmd+Enter, without blank lines around the text",
  async (stage) => {
    const { url } = await stage.serve();
    const page = await stage.newPage();
    await enter(page, url, "Ada");
    assertEquals(await composer(page).getAttribute("enterkeyhint"), "send");
    for (const key of ["Control+Enter", "Meta+Enter"]) {
      await write(composer(page), `\n\n${key}\n\n`);
      await composer(page).press(key);
    }
    await hasTexts(page, ["Control+Enter", "Meta+Enter"]);
  },
);

browserTest(
  "page keeps the name, the draft and the log after a reload",
  async ({ newPage, serve }) => {
    const { url } = await serve();
    const page = await newPage();
    await enter(page, `${url}/r/garden`, "Ada");
    await say(page, "said");
    await hasTexts(page, ["said"]);
    await composer(page).fill("not yet said");

    await page.reload();
    await isOnline(page);
    await hasTexts(page, ["said"]);
    assertEquals(await composer(page).inputValue(), "not yet said");
    await page.getByRole("heading", { name: "garden" }).waitFor();
    await page.getByRole("listitem").filter({ hasText: "Ada" }).waitFor({ state: "attached" });
  },
);

browserTest("page sends all, once and in order, after the server was killed", async (stage) => {
  const first = stage.use(await ServerProcess.start({ environment: ANY_PORT }));
  const port = await first.port();
  const url = `http://127.0.0.1:${port}`;
  const [ada, bob] = [await stage.newPage(), await stage.newPage()];
  await enter(ada, url, "Ada");
  await enter(bob, url, "Bob");
  await say(ada, "before");
  await hasTexts(bob, ["before"]);

  await first[Symbol.asyncDispose]();
  const killedAt = performance.now();
  const texts = Array.from({ length: 12 }, (_, i) => `while away ${i + 1}`);
  for (const text of texts.slice(0, 8)) await say(ada, text);
  for (let attempt = 0; attempt < 2; attempt++) {
    await ada.getByText(/Next try in \d+ s/).waitFor();
    await ada.getByRole("button", { name: "Retry now" }).click();
  }
  // More messages, during failed attempts.
  for (const [index, text] of texts.slice(8).entries()) {
    await sleepUntil(killedAt + 5000 * (index + 1));
    await say(ada, text);
  }
  await hasNoLoss(ada, texts);
  assertEquals(performance.now() - killedAt >= 20_000, true);

  const environment = { ...ANY_PORT, PORT: String(port) };
  const second = stage.use(await ServerProcess.start({ environment }));
  await second.port();
  // As browsers do when the network is back: otherwise the next try may be 20 s away.
  for (const page of [ada, bob]) await page.evaluate(() => dispatchEvent(new Event("online")));
  await hasTexts(ada, ["before", ...texts]);
  await hasTexts(bob, ["before", ...texts]);
  // The new server has no messages of the old one.
  await bob.getByText("Some messages may be missing here").first().waitFor();
});

browserTest("page keeps messages that were sent offline when it is closed", async (stage) => {
  const server = await stage.serve();
  const line = stage.use(new Line(server.port));
  const page = await stage.newPage();
  await enter(page, line.url, "Ada");
  line.cut();
  await say(page, "one");
  await say(page, "two");
  await hasNoLoss(page, ["one", "two"]);
  await page.close();
  line.mend();

  const next = await stage.samePerson(page);
  await next.goto(line.url);
  await hasTexts(next, ["one", "two"]);
});

browserTest("page sends a message again whose ack was lost, without a duplicate", async (stage) => {
  const { url } = await stage.serve();
  const [ada, bob] = [await stage.newPage(), await stage.newPage()];
  await enter(bob, url, "Bob");
  let connections = 0;
  await ada.routeWebSocket("**/ws", (socket) => {
    const isFirst = ++connections === 1;
    socket.connectToServer().onMessage((frame) => {
      const isLost = isFirst && /"type":"(ack|message)"/.test(String(frame));
      if (isLost) socket.close({ code: 4000 });
      else socket.send(frame);
    });
  });
  await enter(ada, url, "Ada");
  await say(ada, "only once");
  await eventually(() => assertEquals(connections, 2));
  await hasTexts(ada, ["only once"]);
  await say(ada, "and then this");
  await hasTexts(bob, ["only once", "and then this"]);
});

browserTest("page waits by itself after a rate_limited error", async (stage) => {
  const { url } = await stage.serve({
    "CHAT_MESSAGE_BURST": "2",
    "CHAT_MESSAGES_PER_SECOND": "10",
  });
  const [ada, bob] = [await stage.newPage(), await stage.newPage()];
  await enter(ada, url, "Ada");
  await enter(bob, url, "Bob");
  const texts = Array.from({ length: 8 }, (_, i) => `quick ${i + 1}`);
  for (const text of texts) await say(ada, text);
  await hasTexts(ada, texts);
  await hasTexts(bob, texts);
});

browserTest("page shows how many messages it has caught up", async (stage) => {
  const server = await stage.serve();
  const line = stage.use(new Line(server.port));
  const page = await stage.newPage();
  await enter(page, line.url, "Ada");
  await server.fill("lobby", 3);
  await hasTexts(page, numbered(1, 3));

  line.cut();
  await server.fill("lobby", 37, 4);
  line.mend();
  await page.getByText("Caught up: 37 messages").waitFor();
  await hasTexts(page, numbered(1, 40));
  assertEquals(await page.getByText("may be missing").count(), 0);
});

browserTest("page shows a gap in the place of lost messages", async (stage) => {
  const server = await stage.serve({ "CHAT_HISTORY_SIZE": "10" });
  const line = stage.use(new Line(server.port));
  const page = await stage.newPage();
  await enter(page, line.url, "Ada");
  await server.fill("lobby", 3);
  await hasTexts(page, numbered(1, 3));

  line.cut();
  await server.fill("lobby", 20, 4);
  line.mend();
  await hasTexts(page, [...numbered(1, 3), ...numbered(14, 23)]);
  const log = await page.getByRole("log").innerText();
  const [before = "", after = ""] = log.split("Some messages may be missing here");
  assertEquals([before.includes("message 3"), after.includes("message 14")], [true, true]);
});

browserTest("page counts two tabs of a user as one member", async ({ newPage, ...stage }) => {
  const { url } = await stage.serve();
  const first = await newPage();
  await enter(first, url, "Ada");
  const second = await stage.samePerson(first);
  await second.goto(url);
  await isOnline(second);
  await say(second, "from the second tab");
  await hasTexts(first, ["from the second tab"]);
  await hasTexts(second, ["from the second tab"]);
  await eventually(async () => {
    assertEquals(await first.getByRole("listitem").filter({ hasText: "Ada" }).count(), 1);
  });
});

/** The number of outgoing messages in the storage. */
async function hasNoLoss(page: Page, texts: readonly string[]): Promise<void> {
  const stored = await page.evaluate(() =>
    Object.entries(localStorage).filter(([key]) => key.startsWith("parley.outbox."))
      .map(([, value]) => JSON.parse(value)).sort((a, b) => a.queuedAt - b.queuedAt)
      .map(({ text }) => text)
  );
  assertEquals(stored, texts);
}

/** Waits for a time that the behaviour itself takes. */
async function sleepUntil(time: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, time - performance.now()));
}

function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `message ${from + i}`);
}
