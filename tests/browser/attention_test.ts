/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  enter,
  eventually,
  hasTexts,
  messages,
  type Page,
  say,
  type Stage,
  useWholeBrowser,
} from "./browser.ts";

useWholeBrowser();
Deno.test.afterAll(closeBrowser);

const BOB = { id: "bobbobbobbobbobb", name: "Bob" };

browserTest(
  "page notifies of the messages that the user has chosen while it is hidden",
  async (stage) => {
    const { url, chat } = await stage.serve();
    const page = await newNotifiedPage(stage);
    const tell = (text: string) => chat.broadcast("lobby", BOB, text, text);
    await enter(page, url, "Ada");
    await chooseAlerts(page, "When I am mentioned");

    tell("@Ada in sight");
    await hasTexts(page, ["@Ada in sight"]);
    await setHidden(page, true);
    tell("to nobody");
    tell("@ada out of sight");
    await hasAlerts(page, ["Bob in #lobby: @ada out of sight"]);

    await setHidden(page, false);
    await chooseAlerts(page, "For everything said");
    await setHidden(page, true);
    tell("to nobody, either");
    await hasAlerts(page, [
      "Bob in #lobby: @ada out of sight",
      "Bob in #lobby: to nobody, either",
    ]);
  },
);

browserTest(
  "page shows no notifications of a muted room, and remembers that it is muted",
  async (stage) => {
    const { url, chat } = await stage.serve();
    const page = await newNotifiedPage(stage);
    await enter(page, `${url}/r/garden`, "Ada");
    await chooseAlerts(page, "For everything said");
    await page.getByRole("textbox", { name: "Room to join" }).fill("shed");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "shed" }).waitFor();
    const mute = page.getByRole("button", { name: "Mute" });
    await mute.click();
    await page.reload();
    await eventually(async () => assertEquals(await mute.getAttribute("aria-pressed"), "true"));
    await page.getByRole("status").filter({ hasText: /^\s*Online\s*$/ }).waitFor();

    await setHidden(page, true);
    chat.broadcast("shed", BOB, "@Ada in the shed", "1");
    await hasTexts(page, ["@Ada in the shed"]);
    chat.broadcast("garden", BOB, "in the garden", "2");
    await hasAlerts(page, ["Bob in #garden: in the garden"]);
    // The title counts the rooms that are not muted.
    await eventually(async () => assertEquals(await page.title(), "(1) #shed · Parley"));
  },
);

browserTest("page shows its notification setting in the bell", async (stage) => {
  const { url } = await stage.serve();
  const page = await newNotifiedPage(stage);
  await enter(page, url, "Ada");
  const bell = page.getByRole("button", { name: "Mute" });
  const looks = new Set<string>();
  const shows = async (text: string, pressed: boolean) => {
    await eventually(async () =>
      assertEquals([
        await bell.getAttribute("aria-label"),
        (await bell.getAttribute("title"))?.startsWith(text),
        await bell.getAttribute("aria-pressed"),
      ], [`Mute. ${text}`, true, String(pressed)])
    );
    looks.add(
      await bell.evaluate((each) =>
        JSON.stringify(
          [...each.querySelectorAll("path, g")].map((part) => {
            const { display, fill } = getComputedStyle(part);
            return [display, fill];
          }),
        )
      ),
    );
  };
  await shows("Notifications are off", false);
  await chooseAlerts(page, "When I am mentioned");
  await shows("You are notified of mentions", false);
  await chooseAlerts(page, "For everything said");
  await shows("You are notified of everything said", false);
  await bell.click();
  await shows("This room is muted", true);
  // Each looks different, without its colour.
  assertEquals(looks.size, 4);
});

browserTest(
  "page shows no notifications while another page of the user is visible",
  async (stage) => {
    const { url, chat } = await stage.serve();
    const page = await newNotifiedPage(stage);
    await enter(page, url, "Ada");
    await chooseAlerts(page, "For everything said");
    const other = await stage.samePerson(page);
    await other.goto(url);
    // Both pages take the lock of attention, which takes a moment.
    await eventually(async () => {
      const { held = [] } = await other.evaluate(() => navigator.locks.query());
      assertEquals(held.length, 2);
    });
    await setHidden(page, true);
    chat.broadcast("lobby", BOB, "seen over there", "1");
    await hasTexts(page, ["seen over there"]);
    await hasTexts(other, ["seen over there"]);
    await setHidden(other, true);
    chat.broadcast("lobby", BOB, "seen nowhere", "2");
    await hasAlerts(page, ["Bob in #lobby: seen nowhere"]);
  },
);

browserTest("page says that the user has blocked notifications", async ({ newPage, serve }) => {
  const { url } = await serve();
  const page = await newPage();
  await page.addInitScript(() => {
    Notification.requestPermission = () => Promise.resolve("denied");
  });
  await enter(page, url, "Ada");
  await page.getByRole("button", { name: "Settings" }).click();
  // Not check(), which expects the radio to stay checked.
  await alertsOf(page).getByRole("radio", { name: "For everything said" }).click();
  await page.getByText("doesn't allow notifications").waitFor();
  assertEquals(await alertsOf(page).getByRole("radio", { name: "Off" }).isChecked(), true);
});

browserTest(
  "settings show the present choice while the browser's question is open",
  async (stage) => {
    const { url } = await stage.serve();
    const page = await stage.newPage();
    await page.addInitScript(() => {
      const answers: ((permission: NotificationPermission) => void)[] = [];
      Reflect.set(globalThis, "answers", answers);
      Notification.requestPermission = () => new Promise((resolve) => answers.push(resolve));
    });
    const answer = (index: number, permission: string) =>
      page.evaluate(
        ([index, permission]) => Reflect.get(globalThis, "answers")[index](permission),
        [index, permission] as const,
      );
    const isSet = async (name: string) =>
      await eventually(async () =>
        assertEquals(await alertsOf(page).getByRole("radio", { name }).isChecked(), true)
      );
    await enter(page, url, "Ada");
    await page.getByRole("button", { name: "Settings" }).click();
    // The page asks only after a choice of the user.
    assertEquals(await page.evaluate(() => Reflect.get(globalThis, "answers").length), 0);
    // Not check(), which expects the radio to stay checked.
    await alertsOf(page).getByRole("radio", { name: "For everything said" }).click();
    await page.getByText("allow it when the browser asks").waitFor();
    await isSet("Off");
    await alertsOf(page).getByRole("radio", { name: "When I am mentioned" }).click();
    await isSet("Off");
    // The last choice applies, also if the first question is answered later.
    await answer(1, "granted");
    await isSet("When I am mentioned");
    await answer(0, "granted");
    await page.getByText("allow it when the browser asks").waitFor({ state: "detached" });
    await isSet("When I am mentioned");
  },
);

browserTest("page counts unread messages in the title and marks its icon", async (stage) => {
  const { url, chat } = await stage.serve();
  const page = await stage.newPage();
  const icon = async () =>
    await page.locator("link[rel=icon]").evaluate(async (link) => {
      const { href } = link as HTMLLinkElement;
      return [
        new URL(href).pathname.split("/").at(-1),
        (await fetch(href)).headers.get("content-type"),
      ];
    });
  await enter(page, url, "Ada");
  assertEquals(await page.title(), "#lobby · Parley");
  assertEquals(await icon(), ["favicon.svg", "image/svg+xml"]);

  await setHidden(page, true);
  for (const text of ["one", "two"]) chat.broadcast("lobby", BOB, text, text);
  await eventually(async () => assertEquals(await page.title(), "(2) #lobby · Parley"));
  assertEquals(await icon(), ["favicon_unread.svg", "image/svg+xml"]);
  await page.getByRole("log").getByText("New", { exact: true }).waitFor();

  await setHidden(page, false);
  await eventually(async () => assertEquals(await page.title(), "#lobby · Parley"));
  assertEquals(await icon(), ["favicon.svg", "image/svg+xml"]);
  await say(page, "read");
  await page.getByRole("log").getByText("New", { exact: true }).waitFor({ state: "detached" });
});

browserTest(
  "page counts and notifies while its window is visible without the focus",
  async (stage) => {
    const { url, chat } = await stage.serve();
    const page = await newNotifiedPage(stage);
    await enter(page, url, "Ada");
    await chooseAlerts(page, "For everything said");
    await setFocused(page, false);
    chat.broadcast("lobby", BOB, "beside another window", "1");
    await hasTexts(page, ["beside another window"]);
    await hasAlerts(page, ["Bob in #lobby: beside another window"]);
    await eventually(async () => assertEquals(await page.title(), "(1) #lobby · Parley"));
    await setFocused(page, true);
    await eventually(async () => assertEquals(await page.title(), "#lobby · Parley"));
  },
);

browserTest(
  "page counts from the last read message, and scrolls there",
  async (stage) => {
    const server = await stage.serve();
    const page = await stage.newPage();
    await enter(page, server.url, "Ada");
    await server.fill("lobby", 50);
    await eventually(async () => assertEquals(await messages(page).count(), 50));
    await page.goto("about:blank");
    await server.fill("lobby", 400, 51);

    await page.goto(server.url);
    await eventually(async () => assertEquals(/^\(\d+\+\) #lobby/.test(await page.title()), true));
    await page.getByRole("button", { name: /^\d+\+ new messages$/ }).waitFor();
    const line = page.getByRole("log").getByText("New", { exact: true });
    assertEquals(await line.count(), 0);
    await page.getByRole("button", { name: /^\d+\+ new messages\. Show the first$/ }).click();
    await eventually(async () => {
      const box = await line.boundingBox();
      assertEquals(box !== null && box.y > 56 && box.y < 400, true, JSON.stringify(box));
    });
    assertEquals(await page.getByRole("button", { name: "Show the first" }).count(), 0);
    const first = line.locator("xpath=ancestor::p/following-sibling::article[1]");
    assertEquals(await first.locator(".text").innerText(), "message 51");
    await eventually(async () => assertEquals(await page.title(), "(400) #lobby · Parley"));
    await page.getByRole("button", { name: "400 new messages" }).click();
    await eventually(async () => assertEquals(await page.title(), "#lobby · Parley"));
  },
);

/** A page with the permission for notifications, which records them instead of showing them. */
async function newNotifiedPage(stage: Stage): Promise<Page> {
  const page = await stage.newPage({ permissions: ["notifications"] });
  await page.context().addInitScript(() => {
    const shown: string[] = [];
    Object.assign(globalThis, { shown });
    globalThis.Notification = new Proxy(Notification, {
      construct(_target, [title, { body }]) {
        shown.push(`${title}: ${body}`);
        return Object.assign(new EventTarget(), { close() {} });
      },
    });
  });
  return page;
}

async function chooseAlerts(page: Page, label: string): Promise<void> {
  await page.getByRole("button", { name: "Settings" }).click();
  await alertsOf(page).getByRole("radio", { name: label }).check();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
}

async function hasAlerts(page: Page, alerts: readonly string[]): Promise<void> {
  await eventually(async () => {
    assertEquals(await page.evaluate(() => Reflect.get(globalThis, "shown")), alerts);
  });
}

/**
 * Hides a page, as if the user had another tab on show: all pages of a headless browser are
 * visible.
 */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

/** Takes the focus from a page that stays visible, as if the user were in another window. */
async function setFocused(page: Page, focused: boolean): Promise<void> {
  await page.evaluate((focused) => {
    document.hasFocus = () => focused;
    dispatchEvent(new Event(focused ? "focus" : "blur"));
  }, focused);
}

/** The choices of notifications; those of sounds have the same names. */
function alertsOf(page: Page): ReturnType<Page["locator"]> {
  return page.locator("#alerts");
}
