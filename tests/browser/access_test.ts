/// <reference lib="dom" />
import { assertEquals } from "@std/assert";
import { violationsOf } from "./axe.ts";
import {
  browserTest,
  chromiumTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  hasTexts,
  isOnline,
  Line,
  nameField,
  type Page,
  say,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const phoneTest = chromiumTest("emulates phones");
const scriptlessTest = chromiumTest("turns JavaScript off");
const settingTest = chromiumTest("changes its settings while it runs");

for (const width of [360, 320]) {
  browserTest(`page fits ${width} px without scrolling sideways`, async (stage) => {
    const { url, chat } = await stage.serve();
    const page = await stage.newPage({
      viewport: { width, height: 640 },
      hasTouch: true,
      isMobile: true,
    });
    await enter(page, url, "Ada");
    const user = { id: "widewidewidewide", name: "W".repeat(32) };
    [
      "w".repeat(3000),
      `https://example.com/${"x".repeat(2000)}`,
      "```\n" + "y".repeat(2000) + "\n```",
    ]
      .forEach((text) => chat.broadcast("lobby", user, text, text.slice(0, 20)));
    await say(page, "z".repeat(500), "button");
    await eventually(async () => assertEquals(await page.getByRole("article").count(), 4));
    assertEquals(await overflow(page), []);
    await eventually(async () => {
      const box = await composer(page).boundingBox();
      assertEquals(box !== null && box.y + box.height <= 640, true);
    });
  });
}

browserTest("page can be used by keyboard alone", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage();
  await page.goto(url);
  // The dialog has the focus, so no click is needed.
  await nameField(page).waitFor();
  await page.keyboard.type("Ada");
  await page.keyboard.press("Enter");
  await isOnline(page);
  await tabTo(page, "Message");
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await hasTexts(page, ["typed"]);
  assertEquals(await focused(page), "Message");

  await tabTo(page, "Room to join", "Shift+Tab");
  await page.keyboard.type("garden");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "garden" }).waitFor();
  await eventually(async () => assertEquals(await focused(page), "Message"));

  await tabTo(page, "Conversation", "Shift+Tab");
  await page.keyboard.type("?");
  const help = page.getByRole("dialog", { name: "Help" });
  // Of messages in memory, none can be searched.
  await help.getByText("Go to a room", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await eventually(async () => assertEquals(await focused(page), "Conversation"));

  await tabTo(page, "Change name", "Shift+Tab");
  await page.keyboard.press("Enter");
  await nameField(page).waitFor();
  await page.keyboard.press("Escape");
  await eventually(async () => assertEquals(await focused(page), "Change name"));
});

browserTest("page lets the keyboard skip to the message field", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage();
  await enter(page, url, "Ada");
  const skip = page.getByRole("link", { name: "Skip to the message field" });
  const isInSight = () =>
    skip.evaluate((each) =>
      getComputedStyle(each).clipPath === "none" &&
      each.getBoundingClientRect().top >= 0
    );
  assertEquals(await isInSight(), false);
  // Back to the beginning of the page.
  await page.getByRole("button", { name: "Help" }).focus();
  const seen: string[] = [];
  while (await focused(page) !== "Skip to the message field" && seen.length < 20) {
    seen.push(await focused(page));
    await page.keyboard.press("Shift+Tab");
  }
  assertEquals(await isInSight(), true, String(seen));
  assertEquals(await violationsOf(page), []);
  await page.keyboard.press("Enter");
  assertEquals(await focused(page), "Message");
  assertEquals(new URL(page.url()).hash, "");
  // It is the first stop of Tab.
  const first = await page.evaluate(() =>
    document.querySelector("a[href], button, input, textarea, [tabindex]")?.id
  );
  assertEquals(first, "skip");
});

browserTest(
  "page announces a lost connection in a live region once, not every second",
  async (stage) => {
    const server = await stage.serve();
    const line = stage.use(new Line(server.port));
    const page = await stage.newPage();
    await enter(page, line.url, "Ada");
    // A screen reader speaks the whole region of a change, unless the nearest region is off.
    await page.evaluate(() => {
      const changes = { spoken: [] as string[], silent: 0 };
      Reflect.set(globalThis, "changes", changes);
      new MutationObserver((records) => {
        for (const { target } of records) {
          const element = target instanceof Element ? target : target.parentElement;
          const region = element?.closest("[aria-live], [role=status]");
          if (region?.getAttribute("aria-live") === "off") changes.silent++;
          else if (region) changes.spoken.push(region.textContent?.trim() ?? "");
        }
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    const changes = () =>
      page.evaluate(() =>
        Reflect.get(globalThis, "changes") as { spoken: string[]; silent: number }
      );
    line.cut();
    await eventually(async () => assertEquals((await changes()).silent > 2, true));
    const { spoken, silent } = await changes();
    const lost = spoken.filter((text) => text === "Offline").length;
    const told = spoken.filter((text) => text.startsWith("No connection to the chat.")).length;
    assertEquals(
      [lost > 0, told === lost, told < silent],
      [true, true, true],
      `${spoken}, ${silent}`,
    );
  },
);

scriptlessTest("page says that it needs JavaScript, and nothing else of itself", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage({ javaScriptEnabled: false });
  await page.goto(url);
  const text = page.locator("noscript p");
  await text.waitFor();
  assertEquals(await page.getByText("Connecting").count(), 0);
  const box = await text.boundingBox();
  assertEquals(box !== null && box.y + box.height < 720, true, JSON.stringify(box));
});

settingTest(
  "page uses the text size of the browser's settings",
  async ({ newPage, serve }) => {
    const { url } = await serve();
    const page = await newPage();
    const input = await page.context().newCDPSession(page);
    await input.send("Page.setFontSizes", { fontSizes: { standard: 24 } });
    await enter(page, url, "Ada");
    const size = await page.evaluate(() => getComputedStyle(document.body).fontSize);
    assertEquals(size, "24px");
    // Parts that do not fit side by side are laid out as in a narrow window.
    await input.send("Page.setFontSizes", { fontSizes: { standard: 32 } });
    await page.getByRole("button", { name: "Rooms", exact: true }).waitFor();
    await page.setViewportSize({ width: 390, height: 800 });
    await say(page, "hello");
    await hasTexts(page, ["hello"]);
    assertEquals(await overflow(page), []);
  },
);

browserTest("page writes in the direction of the text", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage();
  await enter(page, url, "Ada");
  const direction = () => composer(page).evaluate((each) => getComputedStyle(each).direction);
  await composer(page).fill("שלום");
  assertEquals(await direction(), "rtl");
  await composer(page).fill("hello");
  assertEquals(await direction(), "ltr");
});

browserTest("page draws nothing over an outgoing text", async ({ newPage, serve }) => {
  const server = await serve();
  const page = await newPage({ viewport: { width: 390, height: 700 } });
  await enter(page, server.url, "Ada");
  // Messages are never acknowledged.
  await page.evaluate(() => WebSocket.prototype.send = () => {});
  for (let i = 0; i < 3; i++) await say(page, "long enough to take more than a line ".repeat(3));
  await eventually(async () => assertEquals(await page.locator(".sending").count(), 3));
  const overlaps = await page.locator(".sending").evaluateAll((articles) =>
    articles.filter((article) => {
      const text = article.querySelector(".text")?.getBoundingClientRect();
      const label = article.querySelector(".when")?.getBoundingClientRect();
      if (text === undefined || label === undefined || label.height === 0) return false;
      return label.top < text.bottom && label.bottom > text.top && label.right > text.left &&
        label.left < text.right;
    }).length
  );
  assertEquals(overlaps, 0);
});

for (const touch of [true, false]) {
  const test = touch ? phoneTest : browserTest;
  test(`page has no button over code, ${touch ? "touch" : "mouse"}`, async (stage) => {
    const { url, chat } = await stage.serve();
    const page = await stage.newPage({ hasTouch: touch, isMobile: touch });
    await enter(page, url, "Ada");
    const bob = { id: "bob0000000", name: "Bob" };
    chat.broadcast("lobby", bob, "```\n" + "code ".repeat(80) + "\n```", "1");
    const button = page.getByRole("button", { name: "Copy code" });
    await button.waitFor();
    const isOver = await button.evaluate((button) => {
      const code = button.closest(".fence")?.querySelector("pre")?.getBoundingClientRect();
      const { bottom } = button.getBoundingClientRect();
      return Number(getComputedStyle(button).opacity) > 0 && code !== undefined &&
        bottom > code.top + 1;
    });
    assertEquals(isOver, false);
  });
}

browserTest("page announces new messages, but no old ones", async ({ newPage, serve }) => {
  const server = await serve();
  await server.fill("lobby", 20);
  const page = await newPage();
  await enter(page, server.url, "Ada");
  const spoken = async () =>
    await page.locator("[aria-live=polite]:not([role=status])").allInnerTexts();
  await eventually(async () => assertEquals(await page.getByRole("article").count(), 20));
  assertEquals((await spoken()).join(""), "");
  server.chat.broadcast("lobby", { id: "bobbobbobbobbobb", name: "Bob" }, "hi", "1");
  await eventually(async () => assertEquals((await spoken()).join(""), "Bob: hi"));
});

/** The elements that reach past the right edge of the window, unless they scroll by themselves. */
async function overflow(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) {
      const log = document.querySelector("[role=log]");
      return log !== null && log.scrollWidth > log.clientWidth ? ["log"] : [];
    }
    return [...document.querySelectorAll("body *")]
      .filter((each) => each.getBoundingClientRect().right > clientWidth)
      .map((each) => each.outerHTML.slice(0, 100));
  });
}

/**
 * Presses Tab until the element of that label has the focus. Not past the ends of the page: there
 * the browser's own buttons get it, after which Firefox ignores an Enter of Playwright.
 */
async function tabTo(page: Page, label: string, key = "Tab"): Promise<void> {
  const seen: string[] = [];
  for (let i = 0; i < 40; i++) {
    const name = await focused(page);
    if (name === label) return;
    seen.push(name);
    await page.keyboard.press(key);
  }
  assertEquals(seen, [label]);
}

/** The label of the element that has the focus. */
async function focused(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const active = document.activeElement as HTMLInputElement | null;
    const label = active?.ariaLabel ?? active?.labels?.[0]?.textContent ?? active?.textContent ??
      "";
    return label.trim();
  });
}

browserTest("page has one field labelled Your name, and one labelled Message", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await page.goto(server.url);
  // By a part of the label, as people and tools search for it.
  assertEquals(await page.getByLabel("your name").count(), 1);
  await enter(page, server.url, "Ada");
  assertEquals(await page.getByLabel("message").filter({ visible: true }).count(), 1);
  await page.getByRole("button", { name: "Change name" }).click();
  assertEquals(await page.getByLabel("your name").count(), 1);
});
