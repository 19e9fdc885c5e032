/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  hasTexts,
  isOnline,
  Line,
  messages,
  nameField,
  say,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

browserTest("page sends waiting messages after its storage was cleared", async (stage) => {
  const server = await stage.serve();
  const line = stage.use(new Line(server.port));
  const page = await stage.newPage();
  await enter(page, line.url, "Ada");
  line.cut();
  await page.getByRole("status").filter({ hasText: "Offline" }).waitFor();
  await say(page, "written offline");
  await messages(page).filter({ hasText: "Waiting to be sent" }).waitFor();
  await page.evaluate(() => localStorage.clear());
  line.mend();
  await isOnline(page);
  await hasTexts(page, ["written offline"]);
});

browserTest("page keeps the newest draft when its storage is full", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage();
  await enter(page, url, "Ada");
  await composer(page).fill("an old draft");
  await page.evaluate(() => {
    for (let size = 1 << 22; size > 0; size >>= 1) {
      for (let i = 0;; i++) {
        try {
          localStorage.setItem(`filler ${size} ${i}`, "x".repeat(size));
        } catch {
          break;
        }
      }
    }
  });
  await composer(page).fill("a new draft that is much longer than what was there before");
  await page.reload();
  await isOnline(page);
  assertEquals(await composer(page).inputValue(), "");
  await composer(page).fill("short");
  await page.reload();
  await isOnline(page);
  await eventually(async () => assertEquals(await composer(page).inputValue(), "short"));
});

browserTest("page asks for a name if the stored one is far too long", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage();
  await enter(page, url, "Ada");
  await page.evaluate(() =>
    localStorage.setItem("parley.name", JSON.stringify("x".repeat(20_000)))
  );
  await page.reload();
  await nameField(page).fill("Ada");
  await page.keyboard.press("Enter");
  await isOnline(page);
});

browserTest("page opens a room called constructor with an empty composer", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage();
  await enter(page, `${url}/r/constructor`, "Ada");
  assertEquals(await composer(page).inputValue(), "");
  await say(page, "hi");
  await hasTexts(page, ["hi"]);
});
