/// <reference lib="dom" />

import { assert, assertEquals } from "@std/assert";
import {
  browserTest,
  chromiumTest,
  closeBrowser,
  comeAll,
  composer,
  enter,
  eventually,
  hasTexts,
  type Page,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

browserTest(
  "composer completes names and emoji by keyboard, and sends only after",
  async (stage) => {
    const server = await stage.serve();
    await comeAll(stage, server, ["Ann", "Ann Lee"]);
    const page = await stage.newPage();
    await enter(page, server.url, "Ada");
    await page.locator("#people .count").filter({ hasText: "3" }).waitFor({ state: "attached" });

    // By arrows, with Enter.
    await page.keyboard.type("hi @an");
    await options(page, ["Ann", "Ann Lee"]);
    assertEquals(await activeOption(page), "Ann");
    await page.keyboard.press("ArrowDown");
    assertEquals(await activeOption(page), "Ann Lee");
    await page.keyboard.press("Enter");
    await hasDraft(page, "hi @Ann Lee ");
    await options(page, []);
    await page.keyboard.press("Control+z");
    await hasDraft(page, "hi @an");

    // Escape closes the list, and keeps it closed for this word.
    await composer(page).fill("");
    await page.keyboard.type("@an");
    await options(page, ["Ann", "Ann Lee"]);
    await page.keyboard.press("Escape");
    await options(page, []);
    await page.keyboard.type("n");
    await options(page, []);
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Backspace");
    await options(page, ["Ann", "Ann Lee"]);

    // A name in full: the first Enter takes, the second sends. Tab takes, too.
    await composer(page).fill("");
    await page.keyboard.type("@Ann");
    await page.keyboard.press("Enter");
    await hasDraft(page, "@Ann ");
    await page.keyboard.type(":jo");
    await page.getByRole("option", { name: "joy", exact: true }).waitFor();
    await page.keyboard.press("Tab");
    await hasDraft(page, "@Ann 😂");
    await page.keyboard.type(" `:joy:` :tada: 10:30:45 :xyz:");
    await page.keyboard.press("Enter");
    await hasTexts(page, ["@Ann 😂 :joy: 🎉 10:30:45 :xyz:"]);

    // Shift+Enter and a list that lost the focus or its text take nothing.
    await page.keyboard.type("@an");
    await options(page, ["Ann", "Ann Lee"]);
    await page.keyboard.press("Shift+Enter");
    await hasDraft(page, "@an\n");
    await options(page, []);
    await page.keyboard.press("Backspace");
    await options(page, ["Ann", "Ann Lee"]);
    await page.keyboard.press("ArrowLeft");
    await options(page, []);
    await page.keyboard.press("End");
    await page.keyboard.type("n");
    await options(page, ["Ann", "Ann Lee"]);
    await page.getByRole("option", { name: "Ann Lee" }).click();
    await hasDraft(page, "@Ann Lee ");
    assert(await composer(page).evaluate((field) => field === document.activeElement));
    await page.keyboard.type("@an");
    await options(page, ["Ann", "Ann Lee"]);
    await page.getByRole("log").focus();
    await options(page, []);
  },
);

browserTest("composer takes and sends nothing while composing", async (stage) => {
  const server = await stage.serve();
  await comeAll(stage, server, ["Ann"]);
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  await page.locator("#people .count").filter({ hasText: "2" }).waitFor({ state: "attached" });
  await page.keyboard.type("@an");
  await options(page, ["Ann"]);
  for (const init of [{ isComposing: true }, { keyCode: 229 }]) {
    for (const key of ["Enter", "Tab", "ArrowDown", "Escape"]) await pressAs(page, key, init);
    await pressAs(page, "b", { ...init, ctrlKey: true });
  }
  await options(page, ["Ann"]);
  await hasDraft(page, "@an");
  // A composition gets no list until it ends.
  await composer(page).evaluate((field: HTMLTextAreaElement) => {
    field.dispatchEvent(new CompositionEvent("compositionstart"));
    field.value = "@ann";
    field.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }));
  });
  await options(page, []);
  await composer(page).dispatchEvent("compositionend");
  await options(page, ["Ann"]);
  await hasTexts(page, []);
});

chromiumTest("emulates phones")("composer completes by touch, with its focus", async (stage) => {
  const server = await stage.serve();
  await comeAll(stage, server, ["Ann"]);
  const viewport = { width: 390, height: 800 };
  const page = await stage.newPage({ viewport, hasTouch: true, isMobile: true });
  await enter(page, server.url, "Ada");
  await page.locator("#people .count").filter({ hasText: "2" }).waitFor({ state: "attached" });
  await composer(page).tap();
  await page.keyboard.type("@a");
  const option = page.getByRole("option", { name: "Ann" });
  const box = await option.boundingBox();
  assert(box !== null && box.height >= 44, JSON.stringify(box));
  await option.tap();
  await hasDraft(page, "@Ann ");
  assert(await composer(page).evaluate((field) => field === document.activeElement));
  // Enter takes while a list is open, and breaks the line otherwise.
  await page.keyboard.type("@a");
  await option.waitFor();
  await page.keyboard.press("Enter");
  await hasDraft(page, "@Ann @Ann ");
  await page.keyboard.press("Enter");
  await hasDraft(page, "@Ann @Ann \n");
});

browserTest("composer carries out slash commands, and explains others", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  const notice = page.getByRole("status").filter({ hasText: "no command /xyz" });

  await send(page, "/xyz and more");
  await notice.waitFor();
  await hasDraft(page, "/xyz and more");
  await composer(page).press("Home");
  await page.keyboard.type("/");
  await page.keyboard.press("Enter");
  await hasTexts(page, ["/xyz and more"]);
  await send(page, "/me waves");
  await send(page, "/usr/bin is full");
  await eventually(async () => {
    const texts = await page.getByRole("log").locator("article .text").allTextContents();
    // The asterisks may be shown as emphasis.
    assertEquals(texts.map((text) => text.replaceAll("*", "")), [
      ...["/xyz and more", "waves", "/usr/bin is full"],
    ]);
  });

  // A command from the list.
  await page.keyboard.type("/j");
  await options(page, ["/join Join and open a room"]);
  await page.keyboard.press("Enter");
  await page.keyboard.type("garden");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "#garden" }).waitFor();
  await hasDraft(page, "");
  await send(page, "/name Ada Lovelace");
  await page.locator("#your-name").filter({ hasText: "Ada Lovelace" }).waitFor();
  await send(page, "/help");
  await page.getByRole("dialog", { name: "Help" }).waitFor();
  await page.keyboard.press("Escape");
  // Without a question for the draft, which was the command.
  await send(page, "/leave");
  await page.getByRole("heading", { name: "#lobby" }).waitFor();
  assertEquals(await page.getByRole("link", { name: "garden" }).count(), 0);

  // Too long to be sent: it stays as it was written.
  const long = `//${"x".repeat(4100)}`;
  await send(page, long);
  await page.getByRole("status").filter({ hasText: "Too long" }).waitFor();
  await hasDraft(page, long);
});

browserTest("composer marks the selection by Ctrl+B and Ctrl+I", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  const key = await page.evaluate(() => navigator.platform.startsWith("Mac")) ? "Meta" : "Control";
  await page.keyboard.type("so ");
  await page.keyboard.press(`${key}+b`);
  await page.keyboard.type("bold");
  await hasDraft(page, "so **bold**");
  await page.keyboard.press("Shift+Home");
  await page.keyboard.press(`${key}+i`);
  await hasDraft(page, "*so **bold***");
  await page.keyboard.press(`${key}+z`);
  await hasDraft(page, "so **bold**");
});

/** Waits until the list has these options. */
async function options(page: Page, expected: readonly string[]): Promise<void> {
  const texts =
    async () => (await page.getByRole("option").evaluateAll((found) =>
      found.map((option) =>
        [...option.querySelectorAll(".label, .detail")].map((part) => part.textContent).join(" ")
      )
    ));
  await eventually(async () => assertEquals(await texts(), expected));
}

/** The option that the composer names as the active one. */
async function activeOption(page: Page): Promise<string | undefined> {
  return await composer(page).evaluate((field) => {
    const option = document.getElementById(field.getAttribute("aria-activedescendant") ?? "");
    if (option?.getAttribute("aria-selected") !== "true") return "";
    return option.querySelector(".label")?.textContent ?? "";
  });
}

async function hasDraft(page: Page, text: string): Promise<void> {
  await eventually(async () => assertEquals(await composer(page).inputValue(), text));
}

async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** A key of an input method. */
async function pressAs(page: Page, key: string, init: object): Promise<void> {
  const event = { key, bubbles: true, cancelable: true, ...init };
  await composer(page).dispatchEvent("keydown", event);
}
