/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  enter,
  eventually,
  hold,
  isOnline,
  nameField,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

browserTest("page requests only its document when it is reloaded", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  await eventually(async () => {
    const isInstalled = await page.evaluate(async () =>
      (await navigator.serviceWorker.getRegistration())?.active?.state === "activated"
    );
    assertEquals(isInstalled, true);
  });

  await page.reload();
  await isOnline(page);
  const sent = await page.evaluate(() =>
    // A file that was not requested has no size.
    performance.getEntriesByType("resource").filter((entry) =>
      entry instanceof PerformanceResourceTiming && entry.transferSize > 0
    ).map(({ name }) => name)
  );
  assertEquals(sent, []);
});

browserTest("page asks for a name before its modules are loaded", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  const arrive = await hold(page, "app.js");
  await page.goto(server.url, { waitUntil: "commit" });
  await nameField(page).fill("Ad");
  arrive();
  await page.getByRole("button", { name: "Join #lobby" }).waitFor();
  // The text stays, and is not selected.
  await page.keyboard.type("a");
  assertEquals(await nameField(page).inputValue(), "Ada");
  await page.keyboard.press("Enter");
  await isOnline(page);
});

browserTest("page takes a name that was entered before its modules were loaded", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  const arrive = await hold(page, "app.js");
  await page.goto(server.url, { waitUntil: "commit" });
  await nameField(page).fill("Ada");
  await page.keyboard.press("Enter");
  arrive();
  await isOnline(page);
  await page.getByRole("button", { name: "Change name" }).waitFor();
  assertEquals(await page.locator("#your-name").innerText(), "Ada");
});

browserTest("page says in the form for the name that its modules are missing", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await page.route("**/app.js", (route) => route.fulfill({ status: 404 }));
  await page.goto(server.url);
  await nameField(page).fill("Ada");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "Reload the page" }).waitFor();
});

browserTest("page of a known user says that its modules are missing", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  await page.route("**/app.js", (route) => route.fulfill({ status: 404 }));
  await page.reload();
  await page.getByRole("status").filter({ hasText: "Reload the page" }).waitFor();
});

browserTest("page does not ask for a name that it has stored", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  const arrive = await hold(page, "app.js");
  await page.reload({ waitUntil: "commit" });
  await page.waitForFunction(() => document.readyState === "interactive");
  assertEquals(await nameField(page).count(), 0);
  arrive();
  await isOnline(page);
});

browserTest("page opens the settings that were clicked before they were loaded", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  const arrive = await hold(page, "later.js");
  await page.reload();
  await page.getByRole("status").filter({ hasText: "Online" }).waitFor();
  await page.getByRole("button", { name: "Settings" }).click();
  arrive();
  await page.getByRole("dialog", { name: "Settings" }).waitFor();
});

browserTest("page loads its second part again after its styles failed", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await page.route("**/later.css", (route) => route.abort(), { times: 1 });
  await enter(page, server.url, "Ada");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("dialog", { name: "Settings" }).waitFor();
  assertEquals(await page.locator("link[href$='later.css']").count(), 1);
});
