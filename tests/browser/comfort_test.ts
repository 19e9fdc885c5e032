/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import {
  browserTest,
  chromiumTest,
  closeBrowser,
  composer,
  enter,
  eventually,
  hasTexts,
  hold,
  isOnline,
  messages,
  type Page,
  say,
  write,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const imeTest = chromiumTest("drives an input method");
const shiftTest = chromiumTest("measures layout shifts");

browserTest("page remembers the chosen theme", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage({ colorScheme: "light" });
  await enter(page, url, "Ada");
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("radio", { name: "Dark" }).check();
  await eventually(async () => assertEquals(await background() === light, false));
  const dark = await background();
  await page.reload();
  await isOnline(page);
  assertEquals(await background(), dark);
});

browserTest("page colours the browser's bars by the theme on show", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage({ colorScheme: "light" });
  await enter(page, url, "Ada");
  const color = () =>
    page.evaluate(() =>
      [...document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")]
        .find(({ media }) => matchMedia(media).matches)?.content
    );
  assertEquals(await color(), "#ffffff");
  await page.getByRole("button", { name: "Settings" }).click();
  for (const [label, expected] of [["Dark", "#1d1e25"], ["As the system", "#ffffff"]] as const) {
    await page.getByRole("radio", { name: label }).check();
    await eventually(async () => assertEquals(await color(), expected));
  }
  await page.getByRole("radio", { name: "Light" }).check();
  await page.emulateMedia({ colorScheme: "dark" });
  await eventually(async () => assertEquals(await color(), "#ffffff"));
});

browserTest("page opens its help at the top, with whole keys, in a low window", async (stage) => {
  const { url } = await stage.serve();
  const page = await stage.newPage({ viewport: { width: 320, height: 360 } });
  await enter(page, url, "Ada");
  await page.getByRole("log").focus();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Help" });
  await help.waitFor();
  assertEquals(await help.evaluate(({ scrollTop }) => scrollTop), 0);
  const keys = await help.locator("kbd").evaluateAll((keys) =>
    keys.filter(({ clientHeight }) => clientHeight > 30).map(({ textContent }) => textContent)
  );
  assertEquals(keys, []);
});

browserTest("help fits with text of twice the size", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage({ viewport: { width: 390, height: 800 } });
  await enter(page, url, "Ada");
  await page.evaluate(() => {
    document.documentElement.style.fontSize = "32px";
  });
  await composer(page).evaluate((field) => field.blur());
  await page.keyboard.press("?");
  const help = page.locator("#help");
  await help.waitFor();
  assertEquals(await help.evaluate((dialog) => dialog.scrollWidth - dialog.clientWidth), 0);
});

browserTest("page leaves room for the log in a low window", async ({ newPage, serve }) => {
  const server = await serve();
  await server.fill("lobby", 10);
  const page = await newPage({ viewport: { width: 640, height: 320 } });
  await enter(page, server.url, "Ada");
  await write(composer(page), "line\n".repeat(20));
  const box = await page.getByRole("log").boundingBox();
  assertEquals((box?.height ?? 0) > 48, true, JSON.stringify(box));
});

browserTest(
  "page counts characters near the limit and sends no text that is too long",
  async (stage) => {
    const { url } = await stage.serve({ "CHAT_TEXT_LENGTH": "20" });
    const page = await stage.newPage();
    await enter(page, url, "Ada");
    await composer(page).fill("x".repeat(19));
    await page.getByText("19 / 20").waitFor();
    await say(page, "x".repeat(21));
    await page.getByText("21 / 20").waitFor();
    await say(page, "x".repeat(20));
    await hasTexts(page, ["x".repeat(20)]);
  },
);

browserTest("page grows the composer to at most 8 lines", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage();
  await enter(page, url, "Ada");
  const height = async () => (await composer(page).boundingBox())?.height ?? 0;
  const heights: number[] = [];
  for (const lines of [1, 2, 8, 20]) {
    await write(composer(page), Array.from({ length: lines }, () => "line").join("\n"));
    heights.push(await height());
  }
  const [one = 0, two = 0, eight = 0, twenty = 0] = heights;
  // Less than half a line more.
  const grown = [one < two, two < eight, twenty - eight < 12];
  assertEquals(grown, [true, true, true], `${heights}`);
});

browserTest("page measures the field again when it is narrower", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage({ viewport: { width: 1280, height: 800 } });
  await enter(page, url, "Ada");
  await write(composer(page), "A sentence of several words. ".repeat(5));
  const hidden = () => composer(page).evaluate((field) => field.scrollHeight - field.clientHeight);
  assertEquals(await hidden(), 0);
  await page.setViewportSize({ width: 390, height: 800 });
  await eventually(async () => assertEquals(await hidden(), 0));
});

browserTest("page says by how many characters a text is too long", async (stage) => {
  const { url } = await stage.serve({ CHAT_TEXT_LENGTH: "100" });
  const page = await stage.newPage();
  await enter(page, url, "Ada");
  for (const [length, excess] of [[101, "1 character"], [102, "2 characters"]] as const) {
    await say(page, "x".repeat(length));
    await page.getByText(`Too long by ${excess} to be sent`).waitFor();
  }
});

imeTest("page leaves Enter to an input method that composes", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage();
  await enter(page, url, "Ada");
  const input = await page.context().newCDPSession(page);
  await composer(page).focus();
  await input.send("Input.imeSetComposition", { text: "にほ", selectionStart: 2, selectionEnd: 2 });
  // The event that browsers dispatch for a key of an input method.
  await input.send("Input.dispatchKeyEvent", {
    type: "rawKeyDown",
    key: "Enter",
    code: "Enter",
    windowsVirtualKeyCode: 229,
  });
  await input.send("Input.insertText", { text: "日本" });
  assertEquals(await composer(page).inputValue(), "日本");
  await page.keyboard.press("Enter");
  await hasTexts(page, ["日本"]);
});

browserTest(
  "page makes links without a referrer or opener, and highlights a mention",
  async (stage) => {
    const { url, chat } = await stage.serve();
    const page = await stage.newPage();
    await enter(page, url, "Ada");
    const bob = { id: "bobbobbobbobbobb", name: "Bob" };
    chat.broadcast("lobby", bob, "@Ada see https://example.com/a?b=c.", "1");
    const link = messages(page).getByRole("link", { name: "https://example.com/a?b=c" });
    await link.waitFor();
    assertEquals(
      await Promise.all(["href", "rel", "target"].map((name) => link.getAttribute(name))),
      ["https://example.com/a?b=c", "noopener noreferrer nofollow", "_blank"],
    );
    const color = (text: string) =>
      page.getByText(text, { exact: true }).evaluate((each) =>
        getComputedStyle(each).backgroundColor
      );
    assertEquals(await color("@Ada") === "rgba(0, 0, 0, 0)", false);
  },
);

browserTest("page works without a storage", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage();
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, "localStorage", {
      get() {
        throw new DOMException("Storage is forbidden", "SecurityError");
      },
    });
  });
  await enter(page, url, "Ada");
  await say(page, "all the same");
  await hasTexts(page, ["all the same"]);
});

for (const late of ["", "later.css", "later.js"]) {
  const name = `page moves nothing while it loads${late && `, ${late} last`}`;
  shiftTest(name, async ({ newPage, serve }) => {
    const server = await serve();
    await server.fill("lobby", 50);
    const page = await newPage();
    await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push(Reflect.get(entry, "value"));
      }).observe({ type: "layout-shift", buffered: true });
    });
    await enter(page, server.url, "Ada");
    const arrive = await hold(page, late);
    // As a returning user, whom the page asks nothing.
    await page.reload({ waitUntil: "commit" });
    await eventually(async () => assertEquals(await messages(page).count(), 50));
    await waitForFrames(page);
    arrive();
    await isOnline(page);
    await waitForFrames(page);
    const shifts = await page.evaluate(() => Reflect.get(globalThis, "shifts") as number[]);
    const sum = shifts.reduce((sum, shift) => sum + shift, 0);
    assertEquals(sum < 0.01, true, `Shifts: ${shifts}`);
  });
}

/** Waits until what was drawn is on show, and its layout shifts are reported with the next frame. */
async function waitForFrames(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
  });
}
