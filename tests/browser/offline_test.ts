/// <reference lib="dom" />

import { assertEquals, assertMatch } from "@std/assert";
import { createAssets, readFolder } from "../../chat/http/assets.ts";
import {
  browserTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  hasTexts,
  isOnline,
  Line,
  type Page,
  say,
  setOffline,
  TestServer,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

browserTest(
  "page opens the offline page without a network, and the app when it is back",
  async (stage) => {
    const server = await stage.serve();
    const line = stage.use(new Line(server.port));
    const page = await stage.newPage();
    await enter(page, `${line.url}/r/garden`, "Ada");
    await isInstalled(page);

    line.cut();
    await say(page, "from the tunnel");
    await composer(page).fill("half a thou");
    await page.reload();
    await page.getByRole("heading", { name: "No connection to the chat" }).waitFor();
    await setOffline(page, true);
    await page.getByRole("heading", { name: "You are offline" }).waitFor();
    await setOffline(page, false);
    await page.getByRole("heading", { name: "No connection to the chat" }).waitFor();
    // With the app's styles.
    const accent = await page.getByRole("button", { name: "Try now" }).evaluate((button) =>
      getComputedStyle(button).backgroundColor
    );
    assertEquals(accent, "rgb(74, 81, 201)");
    await page.getByRole("button", { name: "Try now" }).click();
    await page.getByText("Still no answer").waitFor();

    line.mend();
    await isOnline(page);
    await hasTexts(page, ["from the tunnel"]);
    assertEquals(await composer(page).inputValue(), "half a thou");
    assertEquals(new URL(page.url()).pathname, "/r/garden");
  },
);

browserTest("page treats a proxy without its server as offline", async (stage) => {
  const server = await stage.serve();
  const line = stage.use(new Line(server.port));
  let status = 502;
  await using proxy = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response("from the proxy", { status }),
  );
  const page = await stage.newPage();
  await enter(page, line.url, "Ada");
  await isInstalled(page);
  line.lead(proxy.addr.port);
  const offline = page.getByRole("button", { name: "Try now" });
  for (status of [502, 503, 504]) {
    await page.reload();
    await offline.waitFor();
  }
  // A server that responds is not offline.
  status = 500;
  await page.reload();
  await page.getByText("from the proxy").waitFor();

  status = 503;
  await page.reload();
  await offline.waitFor();
  await page.getByRole("heading", { name: "The chat is being stopped" }).waitFor();
  line.lead(server.port);
  // The page has its script all the same.
  await page.getByRole("button", { name: "Try now" }).click();
  await isOnline(page);
});

browserTest("page is of the same version as its server", async (stage) => {
  const [first, second] = [await stage.serve(), await stage.serve()];
  const line = stage.use(new Line(first.port));
  const page = await stage.newPage();
  await enter(page, line.url, "Ada");
  await isInstalled(page);
  const cached = await page.evaluate(async () => {
    const [name = ""] = await caches.keys();
    const requests = await (await caches.open(name)).keys();
    return requests.map(({ url }) => new URL(url)).map(({ pathname, search }) => pathname + search);
  });
  const used = await page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => new URL(name))
      .map(({ pathname, search }) => pathname + search)
  );
  // The worker serves no file of the app from its cache.
  assertEquals(used.filter((path) => cached.includes(path) && !path.includes("offline")), []);

  line.lead(second.port);
  const answers = page.waitForResponse((response) => response.url().endsWith("/app.js"));
  await page.reload();
  assertEquals((await answers).fromServiceWorker(), false);
  await isOnline(page);
});

browserTest("page and offline page are new after an update of the server", async (stage) => {
  const folder = `${import.meta.dirname}/../../static`;
  const files = readFolder(folder).map(([name, body]) => {
    const more = { "offline.css": ".second {}", "app.js": "export const second = 2;" }[name] ?? "";
    return [name, new Uint8Array([...body, ...new TextEncoder().encode(more)])] as const;
  });
  const first = await stage.serve();
  const second = stage.use(TestServer.start({}, 0, createAssets(files)));
  const line = stage.use(new Line(first.port));
  const page = await stage.newPage();
  await enter(page, line.url, "Ada");
  await isInstalled(page);
  const [old = ""] = await modulesOf(page);
  const [oldCache] = await page.evaluate(() => caches.keys());

  line.lead(second.port);
  // The files that the old page requests are served.
  assertEquals(
    await page.evaluate(async (url) => (await fetch(url, { cache: "reload" })).status, old),
    200,
  );
  await page.reload();
  await isOnline(page);
  const modules = await modulesOf(page);
  const versionOf = (url: string) => /\/assets\/(\w+)\//.exec(url)?.[1];
  const versions = new Set(modules.map(versionOf));
  assertEquals([versions.size, versions.has(versionOf(old))], [1, false]);
  const app = modules.find((url) => url.endsWith("/app.js")) ?? "";
  assertMatch(await page.evaluate(async (url) => await (await fetch(url)).text(), app), /second/);
  await eventually(async () => {
    const [names, css] = await page.evaluate(async () => [
      await caches.keys(),
      await (await caches.match("/offline.css"))?.text(),
    ]);
    assertEquals([names.length, names.includes(oldCache ?? "")], [1, false]);
    assertMatch(css ?? "", /second/);
  });
});

browserTest("service worker turns off an older worker's navigation preload", async (stage) => {
  const server = await stage.serve();
  const old: Record<string, [type: string, body: string]> = {
    "/": ["text/html", "<title>old</title>"],
    "/sw.js": [
      "text/javascript",
      `addEventListener("activate", (event) =>
        event.waitUntil(registration.navigationPreload.enable()));`,
    ],
  };
  await using older = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    ({ url }) => {
      const [type, body] = old[new URL(url).pathname] ?? ["text/plain", ""];
      return new Response(body, { headers: { "content-type": type } });
    },
  );
  const line = stage.use(new Line(older.addr.port));
  const page = await stage.newPage();
  await page.goto(line.url);
  await page.evaluate(async () => {
    await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
  });
  await hasPreload(page, true);

  line.lead(server.port);
  await enter(page, line.url, "Ada");
  await hasPreload(page, false);
});

/** Waits until the service worker's navigation preload is on, or off. */
async function hasPreload(page: Page, isEnabled: boolean): Promise<void> {
  await eventually(async () => {
    const { enabled } = await page.evaluate(async () => {
      const { navigationPreload } = await navigator.serviceWorker.ready;
      return await navigationPreload.getState();
    });
    assertEquals(enabled, isEnabled);
  });
}

/** The URLs of the modules that a page has loaded. */
async function modulesOf(page: Page): Promise<string[]> {
  return await page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => name)
      .filter((name) => /\/assets\/.*\.js$/.test(name))
  );
}

/** Waits until the service worker controls the page and has filled its cache. */
async function isInstalled(page: Page): Promise<void> {
  await eventually(async () => {
    const [isControlled, ...counts] = await page.evaluate(async () => [
      navigator.serviceWorker.controller !== null,
      ...await Promise.all(
        (await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).length),
      ),
    ]);
    assertEquals([isControlled, ...counts], [true, 6]);
  });
}
