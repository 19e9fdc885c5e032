/// <reference lib="dom" />
// deno-lint-ignore-file no-import-prefix -- a dependency of this test alone

import { assertEquals } from "@std/assert";
import axe from "npm:axe-core@4.11.1";
import {
  browserTest,
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

for (const colorScheme of ["light", "dark"] as const) {
  browserTest(`page has no axe violation in its main states, ${colorScheme}`, async (stage) => {
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
    await page.getByText(/offline/i).first().waitFor();
    await say(page, "on its way");
    await inspect("offline");
    assertEquals(violations, []);
  });
}

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
    await say(page, "z".repeat(500));
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

  await tabTo(page, "Room to join");
  await page.keyboard.type("garden");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "garden" }).waitFor();
  await eventually(async () => assertEquals(await focused(page), "Message"));

  await tabTo(page, "Conversation");
  await page.keyboard.type("?");
  await page.getByRole("dialog", { name: "Help" }).waitFor();
  await page.keyboard.press("Escape");
  await eventually(async () => assertEquals(await focused(page), "Conversation"));

  await tabTo(page, "Change name");
  await page.keyboard.press("Enter");
  await nameField(page).waitFor();
  await page.keyboard.press("Escape");
  await eventually(async () => assertEquals(await focused(page), "Change name"));
});

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

/** What axe finds wrong, as one line each. */
async function violationsOf(page: Page): Promise<string[]> {
  // Evaluated, not loaded, so the page's own policy has no say in it.
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("npm:axe-core@4.11.1") };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`)
    );
  });
}

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

/** Presses Tab until the element of that label has the focus. */
async function tabTo(page: Page, label: string): Promise<void> {
  const seen: string[] = [];
  for (let i = 0; i < 40; i++) {
    const name = await focused(page);
    if (name === label) return;
    seen.push(name);
    await page.keyboard.press("Tab");
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
