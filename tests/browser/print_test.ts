/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { assertEquals, assertMatch } from "@std/assert";
import { browserTest, closeBrowser, enter, eventually, messages, say, textsOf } from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const BOB = { id: "bobbobbobbobbobb", name: "Bob" };
const LONG = Array.from({ length: 80 }, (_, index) => `line ${index}`).join("\n");
const CODE = "```js\n" + "a".repeat(2000) + "\n```";

for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
  browserTest(`page prints all of the conversation, ${viewport.width} px`, async (stage) => {
    const server = await stage.serve();
    const page = await stage.newPage({ viewport, colorScheme: "dark" });
    await enter(page, `${server.url}/r/garden`, "Ada");
    server.fill("garden", 150);
    await eventually(async () => assertEquals((await textsOf(page)).at(-1), "message 150"));
    server.skip(86_400_000);
    for (const text of ["@Ada, hi", LONG, CODE]) {
      server.chat.broadcast("garden", BOB, text, text.slice(0, 9));
    }
    await say(page, "mine", "button");
    await eventually(async () => assertEquals((await textsOf(page)).at(-1), "mine"));
    const drawn = await messages(page).count();

    // Several pages: nothing scrolls.
    const pages = new TextDecoder("latin1").decode(await page.pdf()).match(/\/Type \/Page\b/g);
    assertEquals((pages?.length ?? 0) > 4, true, `${pages?.length} pages`);
    await eventually(async () => assertEquals(await messages(page).count(), drawn));

    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    const texts = await textsOf(page);
    assertEquals([texts.length, texts[0], texts[151]], [154, "message 1", LONG]);
    const seen = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("body *")].filter((each) =>
        each.checkVisibility() && each.matches("button, input, textarea, .avatar, nav, aside")
      ).map((each) => each.outerHTML)
    );
    assertEquals(seen, []);
    assertEquals(
      await page.getByRole("heading").allInnerTexts().then(([title]) => title),
      "#garden",
    );
    assertEquals(await page.locator("h2.day").count(), 2);
    const looks = await page.locator("#rows article").evaluateAll((articles) =>
      articles.map((article) => {
        const text = article.querySelector(".text");
        const time = article.querySelector(".when");
        const user = article.querySelector(".user");
        if (text === null || time === null || user === null) return "incomplete";
        const { color } = getComputedStyle(text);
        const isNamed = article.matches(".continues") || user.getBoundingClientRect().width > 5;
        const scrollers = [...article.querySelectorAll("*")].some((each) =>
          each.clientWidth > 5 && each.scrollWidth > each.clientWidth + 1 ||
          each.clientHeight > 5 && each.scrollHeight > each.clientHeight + 1
        );
        const isOver = time.getBoundingClientRect().right > text.getBoundingClientRect().left;
        return [
          color,
          getComputedStyle(time).opacity,
          isNamed ? "named" : "",
          scrollers ? "cut" : "",
          isOver ? "over" : "",
        ].join(" ");
      })
    );
    assertEquals([...new Set(looks)], ["rgb(0, 0, 0) 1 named  "]);
    assertMatch(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), /255/);

    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    await page.emulateMedia({ media: "screen" });
    assertEquals(await messages(page).count(), drawn);
  });
}
