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
  systemTest,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const phoneTest = chromiumTest("emulates phones");
const scriptlessTest = chromiumTest("turns JavaScript off");
const settingTest = chromiumTest("changes its settings while it runs");

for (const colorScheme of ["light", "dark"] as const) {
  systemTest(colorScheme, "page has no axe violation in its main states", async (stage) => {
    const server = await stage.serve();
    const line = stage.use(new Line(server.port));
    const page = await stage.newPage({ colorScheme, reducedMotion: "reduce" });
    const violations: string[] = [];
    const inspect = async (state: string) => {
      violations.push(...(await violationsOf(page)).map((violation) => `${state}: ${violation}`));
    };

    await page.goto(line.url);
    await nameField(page).waitFor();
    await inspect("entrance");
    await nameField(page).fill(" ");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
    await inspect("entrance with an error");

    await nameField(page).fill("Ada");
    await page.keyboard.press("Enter");
    await isOnline(page);
    await inspect("empty room");

    for (const [name, text] of TALK) {
      server.chat.broadcast("lobby", { id: `id${name}`, name }, text, `${name} ${text}`);
    }
    await say(page, "of my own");
    await eventually(async () => assertEquals(await page.getByRole("article").count(), 9));
    await inspect("busy room");

    await page.getByRole("button", { name: "Help" }).click();
    await inspect("help");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Settings" }).click();
    await inspect("settings");
    await page.keyboard.press("Escape");
    await page.setViewportSize({ width: 360, height: 640 });
    await inspect("phone");
    for (const drawer of ["Rooms", "People"]) {
      await page.getByRole("button", { name: drawer }).click();
      await page.getByRole("dialog", { name: drawer }).waitFor();
      await inspect(`${drawer} on a phone`);
      await page.keyboard.press("Escape");
    }

    line.cut();
    await page.getByText("No connection to the chat.").waitFor();
    await say(page, "on its way");
    await inspect("offline");
    assertEquals(violations, []);
  });
}

browserTest("page has no axe violation where rooms refuse, wait and are left", async (stage) => {
  const server = await stage.serve();
  const [other, page] = [await stage.newPage(), await stage.newPage()];
  await enter(other, `${server.url}/r/r11`, "Ada");
  await enter(page, `${server.url}/r/r10`, "Ada");
  await page.evaluate(() => {
    for (let i = 10; i < 29; i++) {
      localStorage.setItem(`parley.room.r${i}`, JSON.stringify({ addedAt: i, muted: false }));
    }
  });
  await page.setViewportSize({ width: 1280, height: 480 });
  await page.goto(`${server.url}/r/r11`);
  await nameField(page).waitFor();
  const violations: string[] = [];
  const inspect = async () => violations.push(...await violationsOf(page));
  await inspect();
  await page.keyboard.press("Escape");
  await say(page, "on its way");
  await page.getByRole("button", { name: "Discard" }).waitFor();
  server.fill("r28", 1);
  await page.getByRole("button", { name: "1 unread room below" }).waitFor();
  await inspect();
  await page.getByRole("button", { name: "Leave #r11" }).click();
  await page.getByRole("dialog", { name: "Leave #r11?" }).waitFor();
  await inspect();
  assertEquals(violations, []);
});

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
  // The dialog has the focus, so typing is enough.
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
  await page.getByRole("dialog", { name: "Help" }).waitFor();
  await page.keyboard.press("Escape");
  await eventually(async () => assertEquals(await focused(page), "Conversation"));

  await tabTo(page, "Change name", "Shift+Tab");
  await page.keyboard.press("Enter");
  await nameField(page).waitFor();
  await page.keyboard.press("Escape");
  await eventually(async () => assertEquals(await focused(page), "Change name"));
});

browserTest(
  "page tells of trouble in a live region, once each time and not every second",
  async (stage) => {
    const server = await stage.serve();
    const line = stage.use(new Line(server.port));
    const page = await stage.newPage();
    await enter(page, line.url, "Ada");
    // A change is spoken with all of its region, unless the nearest region is turned off.
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
  "page takes the size of text that is set in the browser",
  async ({ newPage, serve }) => {
    const { url } = await serve();
    const page = await newPage();
    const input = await page.context().newCDPSession(page);
    await input.send("Page.setFontSizes", { fontSizes: { standard: 24 } });
    await enter(page, url, "Ada");
    const size = await page.evaluate(() => getComputedStyle(document.body).fontSize);
    assertEquals(size, "24px");
    // What is too large to stand side by side is laid out as in a narrow window.
    await input.send("Page.setFontSizes", { fontSizes: { standard: 32 } });
    await page.getByRole("button", { name: "Rooms", exact: true }).waitFor();
    await page.setViewportSize({ width: 390, height: 800 });
    await say(page, "hello");
    await hasTexts(page, ["hello"]);
    assertEquals(await overflow(page), []);
  },
);

browserTest("page writes in the direction of what is written", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage();
  await enter(page, url, "Ada");
  const direction = () => composer(page).evaluate((each) => getComputedStyle(each).direction);
  await composer(page).fill("שלום");
  assertEquals(await direction(), "rtl");
  await composer(page).fill("hello");
  assertEquals(await direction(), "ltr");
});

browserTest("page draws nothing over a text that is on its way", async ({ newPage, serve }) => {
  const server = await serve();
  const page = await newPage({ viewport: { width: 390, height: 700 } });
  await enter(page, server.url, "Ada");
  // What is sent is never acknowledged.
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

browserTest("page announces new messages and no old ones", async ({ newPage, serve }) => {
  const server = await serve();
  server.fill("lobby", 20);
  const page = await newPage();
  await enter(page, server.url, "Ada");
  const spoken = async () =>
    await page.locator("[aria-live=polite]:not([role=status])").allInnerTexts();
  await eventually(async () => assertEquals(await page.getByRole("article").count(), 20));
  assertEquals((await spoken()).join(""), "");
  server.chat.broadcast("lobby", { id: "bobbobbobbobbobb", name: "Bob" }, "hi", "1");
  await eventually(async () => assertEquals((await spoken()).join(""), "Bob: hi"));
});

const TALK = [
  ["Bob", "Has anybody seen `deno task start`?"],
  ["Bob", "It says\n```\nlistening\n```"],
  ["Cem", "Yes, see https://example.com/start."],
  ["Dora", "@Ada is who knows"],
  ["Eve", "שלום"],
  ["Finn", "one"],
  ["Gül", "two"],
  ["Hal", "three"],
] as const;

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
 * Presses Tab until the element of that label has the focus. Not past the ends of the page: there the
 * browser's own buttons have it, after which Firefox takes no Enter from Playwright.
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
  // By a part of the label, as people and their tools look for it.
  assertEquals(await page.getByLabel("your name").count(), 1);
  await enter(page, server.url, "Ada");
  assertEquals(await page.getByLabel("message").count(), 1);
  await page.getByRole("button", { name: "Change name" }).click();
  assertEquals(await page.getByLabel("your name").count(), 1);
});
