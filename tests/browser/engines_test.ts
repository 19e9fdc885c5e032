/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  hasTexts,
  isOnline,
  messages,
  nameField,
  type Page,
  say,
  systemTest,
  textsOf,
  write,
} from "./browser.ts";
import { removeYounger, removeYoungerStyles } from "./younger_features.ts";

Deno.test.afterAll(closeBrowser);

const BOB = { id: "bobbobbobbobbobb", name: "Bob" };
const TEXT = "@Ada see https://example.com/, 👩‍💻";

browserTest(
  "page runs without the features that its oldest browsers lack",
  async ({ newPage, serve }) => {
    const { url, chat } = await serve();
    const page = await newPage();
    await removeYounger(page);
    await enter(page, `${url}/r/garden`, "Ada");
    chat.broadcast("garden", BOB, TEXT, "1");
    await hasTexts(page, [TEXT]);
    await page.getByRole("link", { name: "https://example.com/" }).waitFor();
    assertMatch(await attribute(page, "article", "aria-label"), /^Bob, /);
    assertEquals(await attribute(page, ".avatar", "aria-hidden"), "true");
    await say(page, "hi");
    await hasTexts(page, [TEXT, "hi"]);

    // ARIA states.
    await page.getByRole("textbox", { name: "Room to join" }).fill("not a room");
    await page.keyboard.press("Enter");
    assertEquals(await attribute(page, "#room-name", "aria-invalid"), "true");
    await page.getByRole("textbox", { name: "Room to join" }).fill("shed");
    await page.keyboard.press("Enter");
    assertEquals(await attribute(page, "#room-name", "aria-invalid"), "false");
    await eventually(async () =>
      assertEquals(await page.locator("[aria-current=page]").allInnerTexts(), ["#shed"])
    );
    await page.getByRole("button", { name: "Mute" }).click();
    await page.getByRole("button", { name: "Mute", pressed: true }).waitFor();
    await page.getByRole("button", { name: "Leave #shed" }).click();
    await hasTexts(page, [TEXT, "hi"]);
    assertEquals(await page.locator("[aria-current=page]").allInnerTexts(), ["#garden"]);

    // A drawer, with its label.
    await page.setViewportSize({ width: 390, height: 800 });
    await page.locator("#people-toggle").click();
    await page.getByRole("dialog", { name: "People" }).waitFor();
    await page.keyboard.press("Escape");

    await page.reload();
    await isOnline(page);
    await hasTexts(page, [TEXT, "hi"]);
  },
);

browserTest("page without Intl.Segmenter offers another name", async ({ newPage, serve }) => {
  const { url } = await serve();
  const name = `${"x".repeat(29)}👩‍💻`;
  await enter(await newPage(), url, name);
  const page = await newPage();
  await removeYounger(page);
  await page.goto(url);
  await nameField(page).fill(name);
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "is taken" }).waitFor();
  assertEquals(await attribute(page, "#name", "aria-invalid"), "true");
  assertEquals(await nameField(page).inputValue(), `${"x".repeat(29)} 2`);
  await page.keyboard.press("Enter");
  await isOnline(page);
});

for (
  const [system, theme] of [["light", "system"], ["dark", "system"], ["light", "dark"]] as const
) {
  systemTest(
    system,
    `page looks the same without younger styles in the ${theme} theme`,
    async ({ newPage, serve }) => {
      const server = await serve();
      const page = await newPage({ serviceWorkers: "block", colorScheme: system });
      await server.fill("lobby", 40);
      server.chat.broadcast("lobby", BOB, "```js\nlet a;\n```\n`b` @Ada #garden", "1");
      await enter(page, server.url, "Ada");
      await page.evaluate(
        (theme) => localStorage.setItem("parley.theme", JSON.stringify(theme)),
        theme,
      );
      await page.reload();
      await scrollUp(page);
      const before = await looksOf(page);
      await removeYoungerStyles(page);
      await page.reload();
      await scrollUp(page);
      const after = await looksOf(page);
      assertEquals(after.parts.filter((part) => !before.parts.includes(part)), []);
      assertEquals(before.parts.filter((part) => !after.parts.includes(part)), []);
      assertEquals(before.parts.some((part) => part.includes('content: "↓"')), true);
      // Other colours, but each user has one.
      assertNotEquals(after.users, before.users);
      for (const { name, avatar, text } of after.users) {
        assertNotEquals(name, text);
        assertMatch(avatar, /^rgb\(/);
      }
      assertEquals(new Set(after.users.map(({ name }) => name)).size > 1, true);
    },
  );
}

/** Writes a draft of many lines and scrolls to the oldest message. */
async function scrollUp(page: Page): Promise<void> {
  await isOnline(page);
  await eventually(async () => assertEquals((await textsOf(page)).length, 41));
  await write(composer(page), "line\n".repeat(20));
  await messages(page).first().scrollIntoViewIfNeeded();
  await page.getByRole("button", { name: "Jump to the latest" }).waitFor();
  await page.mouse.move(0, 0);
}

/** The look of the page: a line for each relevant style of each part. */
async function looksOf(
  page: Page,
): Promise<{ parts: string[]; users: { name: string; avatar: string; text: string }[] }> {
  return await page.evaluate(() => {
    const properties = [
      "color",
      "background-color",
      "border-top-color",
      "border-left-color",
      "outline-color",
      "display",
      "width",
      "height",
      "max-height",
      "margin-right",
      "opacity",
      "content",
    ];
    const parts: string[] = [];
    for (const element of document.body.querySelectorAll("*")) {
      // Their colours use a younger feature.
      if (element.matches(".user, .avatar")) continue;
      const name = `${element.tagName} ${element.id} ${element.getAttribute("class") ?? ""}`;
      for (const pseudo of ["", "::before", "::after"]) {
        const style = getComputedStyle(element, pseudo);
        if (pseudo !== "" && style.content === "none") continue;
        for (const property of properties) {
          const value = style.getPropertyValue(property).replace(' / ""', "");
          parts.push(`${name}${pseudo} ${property}: ${value}`);
        }
      }
    }
    const colorOf = (element: Element | null, property: string) =>
      element === null ? "" : getComputedStyle(element).getPropertyValue(property);
    const users = [...document.querySelectorAll("#members li, article:not(.continues)")]
      .map((element) => ({
        name: colorOf(element.querySelector(".user"), "color"),
        avatar: colorOf(element.querySelector(".avatar"), "background-color"),
        text: colorOf(element, "color"),
      }));
    return { parts: [...new Set(parts)], users };
  });
}

async function attribute(page: Page, selector: string, name: string): Promise<string> {
  return await page.locator(selector).first().getAttribute(name) ?? "";
}
