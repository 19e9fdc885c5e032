/// <reference lib="dom" />

/**
 * Tests of rooms that somebody is in charge of.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  browserTest,
  chromiumTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  hasTexts,
  isOnline,
  nameField,
  type Page,
  say,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const PASSWORD = "#%&+ü and more";

/** Reads the clipboard, which only Chromium allows. */
const clipboardTest = chromiumTest("reads the clipboard");

clipboardTest("owner locks a room, invites, kicks a spammer, and ends that", async (stage) => {
  const server = await stage.serve();
  const owner = await stage.newPage({ permissions: ["clipboard-read", "clipboard-write"] });
  await owner.goto(`${server.url}/r/den`);
  await nameField(owner).fill("Ada");
  await owner.keyboard.press("Enter");
  await isOnline(owner);

  await openSettings(owner);
  await owner.getByText("This is your room.").waitFor();
  await owner.getByRole("textbox", { name: "Topic" }).fill("Tea, https://example.com");
  await owner.keyboard.press("Enter");
  await owner.getByText("Topic saved").waitFor();
  await owner.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await owner.keyboard.press("Enter");
  await owner.getByText("The room has a password.").waitFor();
  assertEquals(await owner.getByLabel("Password", { exact: true }).inputValue(), "");
  await owner.getByRole("button", { name: "Copy link with password" }).click();
  await owner.getByText("Link copied").waitFor();
  const link = await owner.evaluate(() => navigator.clipboard.readText());
  assertEquals(link, `${server.url}/r/den#password=${encodeURIComponent(PASSWORD)}`);
  await owner.getByRole("button", { name: "Done" }).click();
  await owner.getByText("Tea, https://example.com").waitFor();

  const spammer = await stage.newPage();
  await enter(spammer, link, "Bob");
  await spammer.getByText("Tea, https://example.com").waitFor();
  await say(spammer, "buy this");
  await say(spammer, "and that");
  await say(owner, "no");
  await hasTexts(owner, ["buy this", "and that", "no"]);
  // A guest reads the settings, and changes none.
  await openSettings(spammer);
  assertEquals(await spammer.getByRole("textbox", { name: "Topic" }).isDisabled(), true);
  assertEquals(await spammer.getByRole("button", { name: "Set", exact: true }).count(), 0);
  assertEquals(await spammer.getByText("Kicked and muted here").isVisible(), false);
  await spammer.keyboard.press("Escape");

  await owner.getByRole("article", { name: /^Bob/ }).first().hover();
  await owner.getByRole("button", { name: "More", exact: true }).click();
  assertEquals(await owner.getByRole("menuitem", { name: "Ban…" }).count(), 0);
  await owner.getByRole("menuitem", { name: "Kick…" }).click();
  const dialog = owner.getByRole("dialog", { name: "Kick Bob out of #den" });
  await dialog.getByRole("checkbox", { name: "last hour (2)" }).check();
  await dialog.getByRole("button", { name: "Kick" }).click();
  await owner.getByText("Bob is out of #den for 1 hour").waitFor();
  await hasTexts(owner, ["Message deleted", "Message deleted", "no"]);
  await spammer.locator("#trouble").filter({ hasText: "You were sent out of #den" }).waitFor();

  // A new key from the same address stays outside.
  const returned = await stage.newPage();
  await returned.goto(link);
  await nameField(returned).fill("Eve");
  await returned.keyboard.press("Enter");
  await returned.locator("#trouble").filter({ hasText: "You were sent out of #den" }).waitFor();

  await openSettings(owner);
  const row = owner.getByRole("listitem").filter({ hasText: "Kicked until" });
  assertMatch(await row.innerText(), /Bob[^]*by you/);
  await row.getByRole("button", { name: "End: Bob is kicked" }).click();
  await row.waitFor({ state: "detached" });
  await owner.keyboard.press("Escape");
  await returned.goto("about:blank");
  await returned.goto(link);
  await hasTexts(returned, ["Message deleted", "Message deleted", "no"]);
});

browserTest("people have roles and a menu, and the directory has fresh counts", async (stage) => {
  const server = await stage.serve();
  const [owner, guest] = [await stage.newPage(), await stage.newPage()];
  await enter(owner, `${server.url}/r/den`, "Ada");
  await enter(guest, `${server.url}/r/den`, "Bob");
  const bob = owner.locator("#members li").filter({ hasText: "Bob" });

  // By keyboard.
  await owner.getByRole("button", { name: "Mention Bob" }).focus();
  await owner.keyboard.press("Tab");
  await owner.keyboard.press("Enter");
  const menu = owner.getByRole("menu", { name: "Bob" });
  await menu.waitFor();
  const place = await menu.boundingBox();
  const row = await bob.boundingBox();
  // Beside the person.
  assert(place !== null && row !== null && place.x + place.width > row.x, JSON.stringify(place));
  await owner.keyboard.press("Enter");
  assertEquals(await composer(owner).inputValue(), "@Bob ");
  await bob.hover();
  await owner.getByRole("button", { name: "More about Bob" }).click();
  await owner.getByRole("menuitem", { name: "Make moderator" }).click();
  await bob.getByText("moderator").waitFor();
  await guest.locator("#members li").filter({ hasText: "(you)" }).getByText("moderator").waitFor();

  // What the owner types stays while the moderator changes the room.
  await openSettings(owner);
  await owner.getByRole("textbox", { name: "Topic" }).fill("half a to");
  await openSettings(guest);
  await guest.getByRole("combobox", { name: "Slow mode" }).selectOption({
    label: "One message every 30 seconds",
  });
  await eventually(async () =>
    assertEquals(await owner.getByRole("combobox", { name: "Slow mode" }).inputValue(), "30000")
  );
  assertEquals(await owner.getByRole("textbox", { name: "Topic" }).inputValue(), "half a to");
  await owner.getByRole("checkbox", { name: /^Listed/ }).check();
  await owner.getByText("Saved", { exact: true }).waitFor();
  await owner.getByRole("button", { name: "Remove Bob from the moderators" }).click();
  await guest.getByRole("combobox", { name: "Slow mode" }).and(guest.locator(":disabled"))
    .waitFor();

  const third = await stage.newPage();
  await enter(third, server.url, "Cem");
  await third.getByRole("button", { name: "Find a room" }).click();
  const den = third.getByRole("option", { name: "#den" });
  await den.filter({ hasText: "2 people · no messages" }).waitFor();
  await guest.close();
  await den.click();
  await third.getByRole("heading", { level: 1, name: "#den" }).waitFor();
});

browserTest("settings of a room fit with text of twice the size", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage({ viewport: { width: 390, height: 800 } });
  await enter(page, `${url}/r/den`, "Ada");
  await page.evaluate(() => {
    document.documentElement.style.fontSize = "32px";
  });
  await openSettings(page);
  const excess = await page.getByRole("dialog", { name: "#den" }).evaluate((dialog) =>
    dialog.scrollWidth - dialog.clientWidth
  );
  assertEquals(excess, 0);
});

/** @param page of a room that is joined */
async function openSettings(page: Page): Promise<void> {
  await page.getByRole("button", { name: "About #den" }).click();
  await page.getByRole("dialog", { name: "#den" }).waitFor();
}
