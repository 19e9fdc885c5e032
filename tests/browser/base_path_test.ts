/// <reference lib="dom" />

import { assert, assertEquals, assertMatch } from "@std/assert";
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

Deno.test.afterAll(closeBrowser);

browserTest("two chats below one origin share nothing, and work offline too", async (stage) => {
  const chats = {
    "/": await stage.serve({ CHAT_ROOMS: "garden" }),
    "/chat/": await stage.serve({ CHAT_BASE_PATH: "/chat/", CHAT_TITLE: "Büro & Co." }),
  };
  await using both = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request, info) => {
      const isBelow = /^\/chat(?:$|[/?])/.test(new URL(request.url).pathname);
      return chats[isBelow ? "/chat/" : "/"].chat.handle(request, info);
    },
  );
  const line = stage.use(new Line(both.addr.port));
  const page = await stage.newPage({ permissions: ["clipboard-read", "clipboard-write"] });

  await come(page, `${line.url}/`, "Ada");
  assertEquals(page.url(), `${line.url}/r/garden`);
  await isInstalled(page, "/");
  await come(page, `${line.url}/chat?from=site`, "Ada in the office");
  assertEquals(page.url(), `${line.url}/chat/r/lobby`);
  assertEquals(await page.title(), "#lobby · Büro & Co.");
  await isInstalled(page, "/chat/");
  await say(page, "see #tea");
  await composer(page).fill("half a thou");

  const caches = await page.evaluate(() => globalThis.caches.keys());
  assertEquals(caches.map((name) => name.replace(/\w{16}.*/, "")).sort(), [
    "offline /assets/",
    "offline /chat/assets/",
  ]);
  const keys = await page.evaluate(() => Object.keys(localStorage).map((key) => key.split(".")[0]));
  assertEquals(new Set(keys), new Set(["parley", "parleychat/"]));
  await page.getByRole("button", { name: "Copy the room's link" }).click();
  await page.getByText("Link copied").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assertEquals(link, `${line.url}/chat/r/lobby`);
  await page.getByRole("log").getByRole("link", { name: "#tea" }).click();
  await page.getByRole("heading", { name: "#tea" }).waitFor();
  assertEquals(page.url(), `${line.url}/chat/r/tea`);
  await page.goBack();
  await page.getByRole("heading", { name: "#lobby" }).waitFor();

  line.cut();
  await say(page, "from the tunnel");
  await page.reload();
  await page.getByText("Büro & Co. opens by itself").waitFor();
  line.mend();
  await isOnline(page);
  await hasTexts(page, ["see #tea", "from the tunnel"]);
  assertEquals(page.url(), `${line.url}/chat/r/lobby`);

  await page.goto(line.url);
  await isOnline(page);
  assertEquals([await page.locator("#your-name").innerText(), await page.title()], [
    "Ada",
    "#garden · Parley",
  ]);
  assertEquals(await page.getByRole("navigation").getByRole("link").allInnerTexts(), ["#garden"]);
});

/** Opens a chat as a newcomer. */
async function come(page: Page, url: string, name: string): Promise<void> {
  await page.goto(url);
  await nameField(page).fill(name);
  await page.keyboard.press("Enter");
  await isOnline(page);
}

/** Waits until the service worker of a base path controls the page and has filled its cache. */
async function isInstalled(page: Page, basePath: string): Promise<void> {
  await eventually(async () => {
    const [scope = "", worker = "", offline] = await page.evaluate(async (basePath) =>
      [
        (await navigator.serviceWorker.getRegistration())?.scope,
        navigator.serviceWorker.controller?.scriptURL,
        (await caches.match(`${basePath}offline.html`)) !== undefined,
      ] as const, basePath);
    assertMatch(scope, new RegExp(`^http://127\\.0\\.0\\.1:\\d+${basePath}$`));
    assertEquals(worker, `${scope}sw.js`);
    assert(offline);
  });
}
