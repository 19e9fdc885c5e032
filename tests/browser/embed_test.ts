/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { assertEquals, assertMatch } from "@std/assert";
import { hostPage } from "./host_page.ts";
import {
  chromiumTest,
  closeBrowser,
  enter,
  eventually,
  hasTexts,
  messages,
  say,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

/** In other engines the frame gets no keys, and the console's errors of modules fail a test. */
const frameTest = chromiumTest("types into frames of other sites");

frameTest(
  "page in a frame of another site is compact, and leaves the site alone",
  async (stage) => {
    const host = stage.use(hostPage());
    const { url } = await stage.serve({ CHAT_FRAME_ANCESTORS: host.origin });
    host.src = `${url}/r/garden?embed&theme=dark&name=Ada%20L`;
    const page = await stage.newPage();
    await page.goto(host.url);
    const frame = page.frameLocator("iframe");
    await frame.getByRole("status").filter({ hasText: "Online" }).waitFor();
    await frame.locator("body.whole").waitFor();
    // The focus stays with the element of the site that has it.
    assertEquals(await page.evaluate(() => document.activeElement?.id), "site");
    for (const width of ["340px", "1100px"]) {
      await page.locator("iframe").evaluate((each, width) => {
        if (each instanceof HTMLElement) each.style.width = width;
      }, width);
      for (const gone of ["#rooms", "#rooms-toggle", "#people", "#mute", "#name-dialog"]) {
        assertEquals(await frame.locator(gone).isVisible(), false, `${gone}, ${width}`);
      }
      const composer = await frame.locator("#composer").boundingBox();
      assertEquals((composer?.width ?? 0) > parseInt(width) - 10, true, width);
    }
    const surface = await frame.locator("main").evaluate((main) =>
      getComputedStyle(main).backgroundColor
    );
    assertEquals(surface, "rgb(29, 30, 37)");

    const bob = await stage.newPage();
    await enter(bob, `${url}/r/garden`, "Bob");
    await frame.getByRole("textbox", { name: "Message" }).fill("hello from the site");
    await frame.getByRole("button", { name: "Send" }).click();
    await hasTexts(bob, ["hello from the site"]);
    assertMatch(await messages(bob).first().getAttribute("aria-label") ?? "", /^Ada L,/);
    await say(bob, "look into #kitchen");
    // Another room opens beside the site.
    const [tab] = await Promise.all([
      page.waitForEvent("popup"),
      frame.getByRole("link", { name: "#kitchen" }).click(),
    ]);
    assertEquals(tab.url(), `${url}/r/kitchen`);
    await frame.getByRole("heading", { name: "#garden" }).waitFor();
    assertEquals(page.frames()[1]?.url(), host.src);
  },
);

frameTest(
  "page in a frame works where the browser stores nothing, and says so",
  async (stage) => {
    const host = stage.use(hostPage());
    const { url } = await stage.serve({ CHAT_FRAME_ANCESTORS: host.origin });
    host.src = `${url}/r/garden?embed`;
    const page = await stage.newPage();
    await page.addInitScript(forbidStorage);
    await page.goto(host.url);
    const frame = page.frameLocator("iframe");
    const name = frame.getByRole("textbox", { name: "Your name" });
    const isUnkept = frame.getByText("Your browser keeps nothing here");
    await name.waitFor();
    assertEquals(await page.evaluate(() => document.activeElement?.id), "site");
    await name.fill("Ada");
    await frame.getByRole("button", { name: "Join #garden" }).click();
    await frame.getByRole("status").filter({ hasText: "Online" }).waitFor();
    await isUnkept.waitFor();
    await frame.getByRole("textbox", { name: "Message" }).fill("from memory");
    await frame.getByRole("button", { name: "Send" }).click();
    await frame.getByRole("article").filter({ hasText: "from memory" }).locator(":not(.sending)")
      .first().waitFor();

    // After a reload the message is there, and its author is a newcomer.
    await page.reload();
    await name.waitFor();
    host.src += "&name=Ada";
    await page.reload();
    await frame.getByRole("article").filter({ hasText: "from memory" }).waitFor();
    await isUnkept.waitFor();
  },
);

frameTest(
  "compact page has the theme of its address, whatever was chosen in the whole page",
  async (stage) => {
    const { url } = await stage.serve();
    const page = await stage.newPage({ colorScheme: "light" });
    await enter(page, `${url}/r/garden`, "Ada");
    await page.evaluate(() => localStorage.setItem("parley.theme", '"dark"'));
    // The theme before the first module runs, and then that of the page.
    await page.addInitScript(() => {
      document.addEventListener("readystatechange", () => {
        if (document.readyState !== "interactive") return;
        const { dataset } = document.documentElement;
        dataset["first"] = dataset["theme"] ?? "system";
      });
    });
    const themes = {
      "": "system",
      "theme=system": "system",
      "theme=pink": "system",
      "theme=dark": "dark",
    };
    for (const [query, expected] of Object.entries(themes)) {
      await page.goto(`${url}/r/garden?embed&${query}`);
      await page.getByRole("status").filter({ hasText: "Online" }).waitFor();
      const { first, theme } = await page.evaluate(() => ({ ...document.documentElement.dataset }));
      assertEquals([first, theme ?? "system"], [expected, expected], query);
    }
  },
);

frameTest(
  "page in a sandboxed frame says what the frame lacks",
  async (stage) => {
    const host = stage.use(hostPage());
    const { url } = await stage.serve({ CHAT_FRAME_ANCESTORS: host.origin });
    host.src = `${url}/r/garden?embed`;
    host.sandbox = "allow-scripts allow-forms";
    const page = await stage.newPage();
    await page.goto(host.url);
    const frame = page.frameLocator("iframe");
    await frame.getByText("allow-scripts allow-same-origin allow-forms").waitFor();
    assertEquals(await frame.locator("main").count(), 0);
    host.sandbox = "allow-scripts allow-same-origin allow-forms";
    host.src += "&name=Ada";
    await page.goto(host.url);
    await eventually(async () =>
      assertEquals(await frame.locator("#status").textContent(), "Online")
    );
  },
);

/** Makes every storage throw when it is touched, as a browser does in frames of other sites. */
function forbidStorage(): void {
  const forbid = (): never => {
    throw new DOMException("Access is denied for this document", "SecurityError");
  };
  for (const name of ["localStorage", "sessionStorage", "caches"]) {
    Object.defineProperty(globalThis, name, { get: forbid });
  }
  for (const name of ["request", "query"]) {
    Object.defineProperty(LockManager.prototype, name, {
      value: () => Promise.reject(new DOMException("denied", "SecurityError")),
    });
  }
}
