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
  messages,
  textsOf,
  write,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const pictureTest = chromiumTest("draws pictures without adding styles");

const BOB = { id: "bob0000000", name: "Bob" };

browserTest("page shows something of every text", async ({ newPage, serve }) => {
  const server = await serve();
  const page = await newPage();
  await enter(page, server.url, "Ada");
  const texts = ["```hello\n```", "```\n```", "``````", "```c#\nx\n```", "\u200b", "\n\nlast\n\n"];
  // The server refuses one of them; the page must not depend on that.
  for (const text of texts) await server.sayElsewhere("lobby", BOB, text);
  await eventually(async () => assertEquals(await messages(page).count(), texts.length));
  const shown = await messages(page).locator(".text").evaluateAll((texts) =>
    texts.map((text) => text.querySelector("pre")?.innerText ?? (text as HTMLElement).innerText)
  );
  assertEquals(shown, ["hello", "```\n```", "``````", "x", "(invisible characters)", "last"]);
  await page.getByText("c#", { exact: true }).waitFor();
});

browserTest("page makes links of rooms, hosts and mail addresses", async ({ newPage, serve }) => {
  const { url, chat } = await serve();
  const page = await newPage();
  await enter(page, url, "Ada");
  chat.broadcast("lobby", BOB, "#Garden, www.example.org and ada@example.org。", "1");
  await eventually(async () => assertEquals((await textsOf(page)).length, 1));
  const links = await messages(page).getByRole("link").evaluateAll((links) =>
    links.map((link) => [link.textContent, link.getAttribute("href"), link.getAttribute("target")])
  );
  assertEquals(links, [
    ["#Garden", "/r/garden", null],
    ["www.example.org", "https://www.example.org", "_blank"],
    ["ada@example.org", "mailto:ada@example.org", null],
  ]);
});

browserTest("page draws costly texts without a long pause", async (stage) => {
  const { url, chat } = await stage.serve();
  const text = `http://a${")".repeat(3990)}`;
  for (let i = 0; i < 200; i++) chat.broadcast("lobby", BOB, text, `${i}`);
  const page = await stage.newPage();
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Reflect.set(globalThis, "tasks", tasks);
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(duration);
    }).observe({ type: "longtask", buffered: true });
  });
  await enter(page, url, "Ada");
  // As many as a `joined` event holds.
  await eventually(async () => assertEquals(await messages(page).count() >= 50, true));
  const longest = await page.evaluate(() =>
    Math.max(0, ...Reflect.get(globalThis, "tasks") as number[])
  );
  // Quadratic, each text took 80 ms and more.
  assertEquals(longest < 2000, true, `${longest} ms`);
});

browserTest("page folds texts of more than about 20 lines", async ({ newPage, serve }) => {
  const { url, chat } = await serve();
  const page = await newPage({ viewport: { width: 1280, height: 800 } });
  await enter(page, url, "Ada");
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}`).join("\n");
  const texts = [
    lines(20),
    lines(400),
    `a${"\n".repeat(3990)}b`,
    "word ".repeat(300),
    "```\n" + lines(30) + "\n```",
  ];
  texts.forEach((text, i) => chat.broadcast("lobby", BOB, text, `${i}`));
  await eventually(async () => assertEquals(await messages(page).count(), texts.length));
  const heights = () =>
    messages(page).evaluateAll((articles) => articles.map(({ clientHeight }) => clientHeight));
  const buttons = () =>
    messages(page).evaluateAll((articles) =>
      articles.map((article) =>
        [...article.querySelectorAll<HTMLElement>(".more:not([hidden])")].map((more) =>
          more.innerText
        ).join()
      )
    );
  assertEquals((await heights()).filter((height) => height > 600), []);
  const more = "Show more";
  assertEquals(await buttons(), ["", more, more, "", more]);

  // In a narrower window the words take more lines.
  await page.setViewportSize({ width: 390, height: 800 });
  await eventually(async () => assertEquals(await buttons(), ["", more, more, more, more]));
  assertEquals((await heights()).filter((height) => height > 600), []);

  const long = messages(page).nth(1);
  await long.getByRole("button", { name: more }).click();
  assertEquals(((await heights())[1] ?? 0) > 9000, true);
  // The user is reading it, so that new messages must not scroll it away.
  const top = await long.evaluate((article) => article.getBoundingClientRect().top);
  chat.broadcast("lobby", BOB, "next", "next");
  await page.getByRole("button", { name: "1 new message" }).waitFor();
  assertEquals(await long.evaluate((article) => article.getBoundingClientRect().top), top);
  await long.getByRole("button", { name: "Show less" }).click();
  assertEquals(((await heights())[1] ?? Infinity) < 600, true);
});

browserTest("page folds texts and code at the end of a line", async ({ newPage, serve }) => {
  const { url, chat } = await serve();
  const page = await newPage();
  await enter(page, url, "Ada");
  const lines = Array.from({ length: 60 }, (_, i) => `line ${i}`).join("\n");
  const texts = [
    lines,
    "```ts\n" + lines + "\n```",
    "before\n```\n" + lines + "\n```",
    "```\nshort\n```\n" + lines,
    "`code` and @Ada ".repeat(200),
  ];
  texts.forEach((text, i) => chat.broadcast("lobby", BOB, text, `${i}`));
  await eventually(async () =>
    assertEquals(await page.getByRole("button", { name: "Show more" }).count(), texts.length)
  );
  // The lines that the end of the visible part cuts.
  const cut = await messages(page).evaluateAll((articles) =>
    articles.flatMap((article) => {
      const text = article.querySelector(".text");
      if (text === null) return [];
      const end = text.getBoundingClientRect().bottom;
      const range = document.createRange();
      const nodes = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
      const boxes: DOMRect[] = [];
      while (nodes.nextNode()) {
        range.selectNodeContents(nodes.currentNode);
        boxes.push(...range.getClientRects());
      }
      return boxes.filter(({ top, bottom }) => top < end - 1 && bottom > end + 1).map((box) =>
        box.top
      );
    })
  );
  assertEquals(cut, []);
});

browserTest("page unfolds a text when the focus moves into its hidden part", async (stage) => {
  const { url, chat } = await stage.serve();
  const page = await stage.newPage();
  await enter(page, url, "Ada");
  chat.broadcast("lobby", BOB, `top${"\n".repeat(100)}https://example.com/`, "1");
  await page.getByRole("button", { name: "Show more" }).waitFor();
  const link = messages(page).getByRole("link");
  await link.focus();
  await page.getByRole("button", { name: "Show less" }).waitFor();
  assertEquals(await link.evaluate((each) => each === document.activeElement), true);
  // It stays unfolded when the room is drawn again.
  await page.getByRole("textbox", { name: "Room to join" }).fill("garden");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "garden" }).waitFor();
  await page.getByRole("link", { name: "#lobby" }).click();
  await page.getByRole("button", { name: "Show less" }).waitFor();
});

pictureTest("page keeps stacked marks within their message", async ({ newPage, serve }) => {
  const { url, chat } = await serve();
  const page = await newPage({ reducedMotion: "reduce" });
  await enter(page, url, "Ada");
  const cem = { id: "cem0000000", name: "Cem" };
  chat.broadcast("lobby", BOB, "said before", "1");
  await eventually(async () => assertEquals(await messages(page).count(), 1));
  await page.mouse.move(0, 0);
  const before = await messages(page).first().screenshot();
  chat.broadcast("lobby", cem, `x${"\u0301\u0300\u0302".repeat(60)}`.repeat(10), "2");
  await eventually(async () => assertEquals(await messages(page).count(), 2));
  // Not every font stacks them.
  await messages(page).last().locator(".text").evaluate((text: HTMLElement) =>
    text.style.transform = "scaleY(9)"
  );
  assertEquals(await messages(page).first().screenshot(), before);
});

browserTest("page sends no blank lines at the ends of a text", async ({ newPage, serve }) => {
  const { url } = await serve();
  const [ada, bob] = [await newPage(), await newPage()];
  await enter(ada, url, "Ada");
  await enter(bob, url, "Bob");
  await write(composer(ada), "\n\n  a\n\nb\n\n\n");
  await ada.getByRole("button", { name: "Send" }).click();
  await hasTexts(bob, ["  a\n\nb"]);
  for (const blank of ["\n\n", " \u200b\n"]) {
    await write(composer(ada), blank);
    await ada.getByRole("button", { name: "Send" }).click();
  }
  await composer(ada).fill("c");
  await ada.getByRole("button", { name: "Send" }).click();
  await hasTexts(bob, ["  a\n\nb", "c"]);
});
