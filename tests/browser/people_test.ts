/// <reference lib="dom" />

import { assertEquals, assertMatch } from "@std/assert";
import {
  browserTest,
  chromiumTest,
  closeBrowser,
  comeAll,
  enter,
  eventually,
  hasTexts,
  isOnline,
  nameField,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

const forcedTest = chromiumTest("forces colours");

browserTest("page merges joins and leaves into lines of the log", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await enter(page, server.url, "Ada");
  const notes = async () => await page.getByRole("log").locator(".membership").allInnerTexts();

  const crowd = await comeAll(stage, server, ["Bob", "Cem"]);
  await eventually(async () => assertEquals(await notes(), ["Bob and Cem joined"]));
  crowd.push(...await comeAll(stage, server, ["Dora", "Eve", "Finn"]));
  await eventually(async () => assertEquals(await notes(), ["Bob, Cem and 3 others joined"]));

  await server.fill("lobby", 1);
  await hasTexts(page, ["message 1"]);
  for (const person of crowd.slice(0, 4)) person.leave();
  const left = "Bob, Cem and 2 others left";
  await eventually(async () => assertEquals(await notes(), ["Bob, Cem and 3 others joined", left]));
});

browserTest(
  "page shows the first eight characters of an id, and all of it on hover",
  async (stage) => {
    const server = await stage.serve();
    const page = await stage.newPage();
    await enter(page, server.url, "Ada");
    const badge = page.locator("#members .id").first();
    const shown = await badge.textContent() ?? "";
    assertMatch(shown, /^[a-z2-7]{8}$/);
    assertMatch(await badge.getAttribute("title") ?? "", new RegExp(`^id ${shown}[a-z2-7]{8}$`));
  },
);

browserTest("page filters a long list of people, the user first", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage();
  await enter(page, server.url, "Zoe");
  const people = page.getByRole("complementary", { name: /People/ });
  const names = async () => await people.locator("li bdi").allInnerTexts();
  const filter = page.getByRole("searchbox", { name: "Filter people" });
  const crowd = await comeAll(stage, server, Array.from({ length: 12 }, (_, i) => `Bot ${i + 10}`));
  await people.getByRole("heading", { name: "People here 13" }).waitFor();
  await eventually(async () => assertEquals((await names()).slice(0, 2), ["Zoe", "Bot 10"]));
  await people.getByRole("listitem").filter({ hasText: "(you)" }).waitFor();
  await filter.fill("bot 2");
  assertEquals(await names(), ["Bot 20", "Bot 21"]);

  // With few people the filter is removed and hides nobody.
  for (const person of crowd.slice(1)) person.leave();
  await filter.waitFor({ state: "hidden" });
  await eventually(async () => assertEquals(await names(), ["Zoe", "Bot 10"]));
});

browserTest("page accepts names with joiners, as their scripts write them", async (stage) => {
  const server = await stage.serve();
  const names = ["می\u200cخواهم", "ශ්\u200dරී", "👩\u200d💻 Ada"];
  await comeAll(stage, server, names);
  const page = await stage.newPage();
  await page.goto(server.url);
  // Another name differs only in the invisible joiner.
  await nameField(page).fill("میخواهم");
  await page.keyboard.press("Enter");
  await page.getByText("is taken in #lobby").waitFor();
  await nameField(page).fill("می\u200cروم");
  await page.keyboard.press("Enter");
  await isOnline(page);
  const people = page.getByRole("complementary", { name: /People/ });
  await eventually(async () => {
    const shown = await people.locator("li bdi").allInnerTexts();
    assertEquals(shown.toSorted(), [...names, "می\u200cروم"].toSorted());
  });
  const bob = { id: "bobbobbobbobbobb", name: "Bob" };
  server.chat.broadcast("lobby", bob, "@میروم hi", "1");
  await page.locator("article.mentioned").waitFor();
});

browserTest(
  "page has all names begin at the left, also those that are read from the right",
  async (stage) => {
    const server = await stage.serve();
    await comeAll(stage, server, ["Bob", "علي"]);
    const page = await stage.newPage();
    await enter(page, server.url, "حسن");
    await eventually(async () => assertEquals(await page.locator("#members li").count(), 3));
    const indents = await page.locator("#members .user, #your-name .user").evaluateAll((names) =>
      names.map((name) => {
        const text = document.createRange();
        text.selectNodeContents(name);
        return Math.round(text.getBoundingClientRect().left - name.getBoundingClientRect().left);
      })
    );
    assertEquals(indents, [0, 0, 0, 0]);
  },
);

browserTest("page scrolls a long list of people with the keyboard", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage({ viewport: { width: 1280, height: 600 } });
  await enter(page, server.url, "Zoe");
  await comeAll(stage, server, Array.from({ length: 40 }, (_, i) => `Bot ${i + 10}`));
  const list = page.getByRole("list", { name: "People here 41" });
  await list.getByRole("listitem").nth(40).waitFor();
  await page.getByRole("searchbox", { name: "Filter people" }).focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("End");
  await eventually(async () =>
    assertEquals(await list.evaluate((each) => each.scrollTop > 0), true)
  );
});

forcedTest("page tells states apart in forced colours", async (stage) => {
  const server = await stage.serve();
  const page = await stage.newPage({
    forcedColors: "active",
    viewport: { width: 900, height: 600 },
  });
  await enter(page, server.url, "Ada");
  await page.getByRole("textbox", { name: "Room to join" }).fill("garden");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "garden" }).waitFor();
  const bob = { id: "bobbobbobbobbobb", name: "Bob" };
  server.chat.broadcast("garden", bob, "@Ada look", "1");
  await hasTexts(page, ["@Ada look"]);
  const style = (selector: string, property: string, pseudo?: string) =>
    page.locator(selector).first().evaluate(
      (each, { property, pseudo }) => getComputedStyle(each, pseudo).getPropertyValue(property),
      { property, pseudo },
    );
  const canvas = await style("main", "background-color");
  const found = {
    isRoomMarked: await style("[aria-current]", "background-color") !== canvas,
    isOtherRoomMarked: await style(".room-link:not([aria-current])", "background-color") ===
      await style("[aria-current]", "background-color"),
    hasDot: await style("#status", "background-color", "::before") !== canvas,
    hasAvatar: await style("article .avatar", "background-color") !== canvas,
    mention: await style(".mentioned", "outline-style"),
    button: await style("#mute", "border-top-style"),
  };
  assertEquals(found, {
    isRoomMarked: true,
    isOtherRoomMarked: false,
    hasDot: true,
    hasAvatar: true,
    mention: "solid",
    button: "solid",
  });
});
