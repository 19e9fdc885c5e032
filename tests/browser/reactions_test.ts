/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  hasTexts,
  messages,
  type Page,
  say,
  setOffline,
  textsOf,
} from "./browser.ts";
import { comes } from "./person.ts";

Deno.test.afterAll(closeBrowser);

const pills = (page: Page) => page.getByRole("log").locator(".reaction");
const quotes = (page: Page) => page.getByRole("log").locator(".quote");

async function hasPills(page: Page, labels: readonly string[]): Promise<void> {
  await eventually(async () =>
    assertEquals(
      await pills(page).evaluateAll((all) =>
        all.map((pill) =>
          `${pill.getAttribute("aria-pressed") === "true" ? "* " : ""}${
            pill.getAttribute("aria-label")
          }`
        )
      ),
      labels,
    )
  );
}

browserTest("page shows reactions, and adds and takes back the user's", async (stage) => {
  const server = await stage.serve();
  const [page, bob, eve] = [
    await stage.newPage(),
    await comes(stage, server, "Bob"),
    await comes(stage, server, "Eve"),
  ];
  await enter(page, server.url, "Ada");
  await server.fill("lobby", 30);
  const id = await bob.does({ type: "send", text: "hello" });
  await eventually(async () => assertEquals((await textsOf(page)).at(-1), "hello"));
  await bob.does({ type: "react", id, emoji: "👍", on: true });
  // Without the selector of its look, and with it.
  await eve.does({ type: "react", id, emoji: "👍\ufe0f", on: true });
  await hasPills(page, ["👍 2: Bob and Eve"]);
  // The log stays at its end, though the row grew.
  const fromBottom = () =>
    page.getByRole("log").evaluate((log) =>
      Math.round(log.scrollHeight - log.scrollTop - log.clientHeight)
    );
  await eventually(async () => assertEquals(await fromBottom(), 0));
  await pills(page).first().click();
  await hasPills(page, ["* 👍 3: Bob, Eve and you"]);
  await eventually(async () => assertEquals(await page.locator(".reaction.pending").count(), 0));
  // The names are shown, and the focus stays while the row is drawn anew.
  await eventually(async () =>
    assertEquals(await page.locator(".tip").innerText(), "👍 3: Bob, Eve and you")
  );
  await page.keyboard.press("Space");
  await hasPills(page, ["👍 2: Bob and Eve"]);
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  assertEquals(await focused(), "👍 2: Bob and Eve");
  await bob.does({ type: "react", id, emoji: "🎉", on: true });
  await hasPills(page, ["👍 2: Bob and Eve", "🎉 1: Bob"]);
  assertEquals(await focused(), "👍 2: Bob and Eve");
  // Offline it waits.
  await setOffline(page, true);
  await page.keyboard.press("Space");
  await hasPills(page, ["* 👍 3: Bob, Eve and you", "🎉 1: Bob"]);
  assertEquals(await page.locator(".reaction.pending").count(), 1);
  await setOffline(page, false);
  await eventually(async () => assertEquals(await page.locator(".reaction.pending").count(), 0));
  await hasPills(page, ["* 👍 3: Bob, Eve and you", "🎉 1: Bob"]);
  await bob.does({ type: "delete", id });
  await hasPills(page, []);
});

browserTest("page leads from a reply to its message, and forgets deleted texts", async (stage) => {
  const server = await stage.serve();
  const bob = await comes(stage, server, "Bob");
  const old = await bob.does({ type: "send", text: "a secret\nof *old*" });
  await server.fill("lobby", 250);
  const near = await bob.does({ type: "send", text: "ok" });
  await bob.does({ type: "send", text: "to the old", reply: old });
  await bob.does({ type: "send", text: "to the near", reply: near });
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  await eventually(async () =>
    assertEquals(await quotes(page).allInnerTexts(), ["Bob:\na secret of old", "Bob:\nok"])
  );
  // The name is whole beside a short text, too.
  const isCut = ({ scrollWidth, clientWidth }: HTMLElement) => scrollWidth > clientWidth;
  assertEquals(await quotes(page).last().locator(".author").evaluate(isCut), false);
  await quotes(page).last().click();
  await page.locator("article.target").filter({ hasText: "ok" }).waitFor();
  await bob.does({ type: "edit", id: old, text: "another" });
  await eventually(async () =>
    assertEquals((await quotes(page).allInnerTexts())[0], "Bob:\nanother")
  );
  await bob.does({ type: "delete", id: old });
  await eventually(async () =>
    assertEquals((await quotes(page).allInnerTexts())[0], "Message deleted")
  );
  assertEquals(await page.getByText("secret").count(), 0);
});

browserTest("page replies and reacts from the menu of a message, by keyboard", async (stage) => {
  const server = await stage.serve();
  const bob = await comes(stage, server, "Bob");
  const id = await bob.does({ type: "send", text: "a question" });
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-id"));
  const choose = async (action: string) => {
    await page.locator("article[tabindex]").focus();
    while (await focused() !== id) await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: action }).press("Enter");
  };
  const bar = page.locator(".composer-bar:not(.silence)");
  // Escape ends a reply and keeps the draft.
  await composer(page).fill("an answer");
  await choose("Reply");
  await eventually(async () =>
    assertEquals((await bar.innerText()).trim(), "Replying to Bob: a question")
  );
  await page.keyboard.press("Escape");
  await bar.waitFor({ state: "hidden" });
  await choose("Reply");
  await bar.waitFor();
  await eventually(async () =>
    assertEquals(await page.evaluate(() => document.activeElement?.id), "message")
  );
  await page.keyboard.press("Enter");
  await hasTexts(page, ["a question", "an answer"]);
  assertEquals(await quotes(page).allInnerTexts(), ["Bob:\na question"]);
  await bar.waitFor({ state: "hidden" });
  // Deleted meanwhile: the text is kept, and goes without the quote.
  await choose("Reply");
  await bar.waitFor();
  await setOffline(page, true);
  await say(page, "too late");
  await bob.does({ type: "delete", id });
  await setOffline(page, false);
  await page.getByRole("button", { name: "Try again: too late" }).click();
  await hasTexts(page, ["Message deleted", "an answer", "too late"]);
  assertEquals(await quotes(page).count(), 1);

  const next = await bob.does({ type: "send", text: "react to this" });
  await messages(page).filter({ hasText: "react to this" }).waitFor();
  await composer(page).press("Shift+Tab");
  await eventually(async () => assertEquals(await focused(), next));
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "React" }).press("Enter");
  const field = page.getByRole("combobox", { name: "Find an emoji" });
  await field.waitFor();
  assertEquals(await page.getByRole("option").count(), 6);
  await field.fill("rocket");
  await page.getByRole("option", { name: "rocket" }).waitFor();
  await page.keyboard.press("Enter");
  await hasPills(page, ["* 🚀 1: you"]);
  await eventually(async () => assertEquals(await focused(), next));
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "React" }).press("Enter");
  // The emoji that were used come first, and any can be typed.
  await eventually(async () =>
    assertEquals((await page.getByRole("option").allInnerTexts()).slice(0, 2), ["🚀", "👍"])
  );
  await field.fill("👩‍💻");
  await page.keyboard.press("Enter");
  await hasPills(page, ["* 🚀 1: you", "* 👩‍💻 1: you"]);
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "React" }).press("Enter");
  await field.fill("no such name");
  assertEquals(await page.getByRole("option").count(), 0);
  await page.keyboard.press("Escape");
  await eventually(async () => assertEquals(await focused(), next));
});
