/// <reference lib="dom" />

import { assert, assertEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  composer,
  eventually,
  hasTexts,
  isOnline,
  Line,
  nameField,
  type Page,
  say,
} from "./browser.ts";
import { makeToken, TOKEN_SECRET } from "../support/jwt.ts";
import { comes } from "./person.ts";

Deno.test.afterAll(closeBrowser);

const PASSWORD = "#%&+ü and spaces";

const hasTrouble = (page: Page, text: string | RegExp) =>
  page.locator("#trouble").filter({ hasText: text }).waitFor();

browserTest("page lets the user into a locked room, and says why not further", async (stage) => {
  const server = await stage.serve();
  const owner = await comes(stage, server, "Owner", "den");
  const configure = (change: Record<string, unknown>) =>
    owner.asks({ type: "configure", room: "den", ...change });
  await configure({ password: PASSWORD });
  const page = await stage.newPage();

  // An outdated invitation asks once, and the address bar is clean.
  await page.goto(`${server.url}/r/den#password=old%20one`);
  await nameField(page).fill("Ada");
  assertEquals(new URL(page.url()).hash, "");
  await page.keyboard.press("Enter");
  await hasTrouble(page, "that is not its password");
  const field = page.getByLabel("Password of #den");
  assertEquals(await field.getAttribute("aria-invalid"), "true");
  await field.fill(PASSWORD);
  await field.press("Enter");
  await page.locator("#members li").nth(1).waitFor();
  assertEquals(await page.locator("#trouble").isVisible(), false);

  // A reload needs no password.
  await page.reload();
  await page.locator("#members li").nth(1).waitFor();
  await isOnline(page);
  const ada = await page.evaluate(() => {
    const title = document.querySelector("#members bdi")?.getAttribute("title") ?? "";
    return title.replace(/^.* id /, "");
  });

  // Muted: the text stays, and the end is found out without a reload.
  await owner.asks({ type: "mute", room: "den", user: ada, minutes: 5 });
  await say(page, "first");
  await page.getByText(/You may only read here.*4 min 5\d s left/).waitFor();
  await composer(page).fill("a draft");
  await composer(page).press("Enter");
  await page.getByRole("status").filter({ hasText: "Your text stays here" }).waitFor();
  assertEquals(await composer(page).inputValue(), "a draft");
  await composer(page).fill("");
  await owner.asks({ type: "mute", room: "den", user: ada, minutes: 0 });
  await page.getByRole("button", { name: "Try again" }).click();
  await hasTexts(page, ["first"]);
  await eventually(async () => assertEquals(await page.locator(".silence").isVisible(), false));

  // Read-only, and then slow.
  await configure({ readOnly: true });
  await page.getByText("Only moderators write in this room.").waitFor();
  assertEquals(
    await page.getByRole("button", { name: "Send" }).getAttribute("aria-disabled"),
    "true",
  );
  await configure({ readOnly: false, slowMs: 3000 });
  await eventually(async () => assertEquals(await page.locator(".silence").isVisible(), false));
  await say(page, "second");
  await page.getByText(/Next message in \d s/).waitFor();
  await say(page, "third");
  await hasTexts(page, ["first", "second", "third"]);
  await configure({ slowMs: 0 });

  // Kicked: out at once, and back when it is over.
  await owner.asks({ type: "kick", room: "den", user: ada, minutes: 5 });
  await hasTrouble(page, /You were sent out of #den\.\s+Back in 4 min 5\d s/);
  await owner.asks({ type: "kick", room: "den", user: ada, minutes: 0 });
  await page.getByRole("button", { name: "Retry now" }).click();
  await eventually(async () => assertEquals(await page.locator("#trouble").isVisible(), false));
});

browserTest("page asks for the password of the server, and keeps it", async (stage) => {
  const server = await stage.serve({ CHAT_PASSWORD: PASSWORD });
  const page = await stage.newPage();
  await page.goto(server.url);
  await nameField(page).fill("Ada");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "This chat has a password" });
  const field = dialog.getByLabel("Password");
  await field.fill("wrong");
  await field.press("Enter");
  await dialog.getByRole("alert").filter({ hasText: "not the password" }).waitFor();
  await field.fill(PASSWORD);
  await field.press("Enter");
  await isOnline(page);
  assert(!await dialog.isVisible());
  await page.reload();
  await isOnline(page);
});

browserTest("page takes the user's name from a proxy", async (stage) => {
  const server = await stage.serve({ CHAT_USER_HEADER: "X-User", CHAT_TRUST_PROXY: "1" });
  const forwarded = "X-Forwarded-For: 192.0.2.1";
  const line = stage.use(new Line(server.port, [forwarded, "X-User: Ada of the office"]));
  const page = await stage.newPage();
  await page.goto(`${line.url}/r/den`, { waitUntil: "domcontentloaded" });
  assert(!await nameField(page).isVisible(), "asked early");
  await isOnline(page);
  await isNamed(page, "Ada of the office");

  // Of whom the proxy says nothing.
  const nobody = await stage.newPage();
  await nobody.goto(server.url);
  await hasTrouble(nobody, "not told who you are");
  assertEquals(await nobody.locator("dialog[open]").count(), 0);
});

/** Checks that a user has a name, and no way to change it. */
async function isNamed(page: Page, name: string): Promise<void> {
  assertEquals(await page.locator("#your-name").innerText(), name);
  assertEquals(await page.locator("#notice").innerText(), "");
  assert(!await nameField(page).isVisible());
  assert(!await page.getByRole("button", { name: "Change name" }).isVisible());
  await page.getByRole("button", { name: "Help" }).click();
  const help = page.getByRole("dialog", { name: "Help" });
  await help.getByText("/leave").waitFor();
  assertEquals(await help.getByText("/name").count(), 0);
  await help.getByRole("button", { name: "Close" }).click();
}

browserTest("page asks for a token before it asks for anything else", async (stage) => {
  const server = await stage.serve({ CHAT_TOKEN_SECRET: TOKEN_SECRET });
  const page = await stage.newPage();
  await page.goto(server.url, { waitUntil: "domcontentloaded" });
  assert(!await nameField(page).isVisible(), "asked early");
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const dialog = page.getByRole("dialog", { name: "This chat needs a pass" });
  await dialog.getByLabel("Token").fill(makeToken({ sub: "7", name: "Ada", exp }));
  await page.keyboard.press("Enter");
  await isOnline(page);
  await isNamed(page, "Ada");
});

browserTest("page takes the user's name from the token in a link", async (stage) => {
  const server = await stage.serve({ CHAT_TOKEN_SECRET: TOKEN_SECRET });
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const token = makeToken({ sub: "7", name: "Ada of the office", exp });
  const page = await stage.newPage();
  await page.goto(`${server.url}/r/den#token=${token}`);
  await isOnline(page);
  assertEquals(new URL(page.url()).hash, "");
  await isNamed(page, "Ada of the office");
  await page.reload();
  await isOnline(page);

  // A token that lets nobody in, in a link that is followed while the page is open.
  await page.evaluate(() => location.hash = "token=a.b.c");
  const dialog = page.getByRole("dialog", { name: "This chat needs a pass" });
  await dialog.getByRole("alert").filter({ hasText: "That lets nobody in" }).waitFor();
  assertEquals(new URL(page.url()).hash, "");
  await dialog.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
  await isOnline(page);
});
