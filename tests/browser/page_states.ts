/// <reference lib="dom" />

/**
 * States of the page, each with the steps to it, for tests that hold in all of them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  comeAll,
  enter,
  eventually,
  hasTexts,
  isOnline,
  Line,
  messages,
  nameField,
  type Page,
  say,
  type Stage,
} from "./browser.ts";

/** The steps of a new page into a state. */
type Way = (stage: Stage, page: Page) => Promise<void>;

const BOB = { id: "bobbobbobbobbobb", name: "Bob" };

const TALK = [
  ["Bob", "Has anybody seen `deno task start`?"],
  ["Bob", "It says\n```\nlistening\n```"],
  ["Cem", "Yes, see https://example.com/start."],
  ["Dora", "@Ada is who knows"],
  ["Eve", "שלום"],
  ["Finn", "one"],
  ["Gül", "two"],
  ["Hal", "three"],
] as const;

/** Lines of a text that is long enough to be folded. */
const LINES = Array.from({ length: 60 }, (_, index) => `line ${index + 1}`).join("\n");

/** Messages with all of the markup. */
const MARKUP = [
  "**bold**, *italic*, ~~struck~~, ***both*** and `code`, but 2*3*4 and snake_case",
  "> Did @Ada see *this*, or `that`?\n>\n> Perhaps.\nI did, and wrote:\n- **one** https://example.com\n- two, with `code`, and more words than fit into a single line of a narrow page\n- three\nThat is all.",
  "@Ada look at\n> **this** `code` https://example.com\n- and ~~that~~",
  "> اقتباس **مهم** هنا\n- واحد\n- اثنان\nنعم",
] as const;

/** By the name of the state. */
export const STATES: Readonly<Record<string, Way>> = {
  "first visit": async (stage, page) => {
    await page.goto((await stage.serve()).url);
    await nameField(page).waitFor();
  },
  "no name": async (stage, page) => {
    await page.goto((await stage.serve()).url);
    await nameField(page).fill(" ");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
  },
  "refused name": async (stage, page) => {
    const server = await stage.serve();
    await comeAll(stage, server, ["Ada"]);
    await page.goto(server.url);
    await nameField(page).fill("Ada");
    await page.keyboard.press("Enter");
    await page.getByText("is taken in #lobby").waitFor();
  },
  "another name": async (stage, page) => {
    await enter(page, (await stage.serve()).url, "Ada");
    await openRooms(page);
    await page.getByRole("button", { name: "Change name" }).click();
    await nameField(page).waitFor();
  },
  "room full": async (stage, page) => {
    const server = await stage.serve({ CHAT_MEMBERS_PER_ROOM: "1" });
    await comeAll(stage, server, ["Bob"]);
    await enter(page, server.url, "Ada");
    await page.locator("#trouble").filter({ hasText: "it is full" }).waitFor();
  },
  "server full": async (stage, page) => {
    const server = await stage.serve({ CHAT_MAX_CONNECTIONS: "1" });
    await comeAll(stage, server, ["Bob"]);
    await page.goto(server.url);
    await nameField(page).fill("Ada");
    await page.keyboard.press("Enter");
    await page.locator("#trouble").filter({ hasText: "The chat is full" }).waitFor();
  },
  "offline": async (stage, page) => {
    const server = await stage.serve();
    await enterTalk(page, server.url, server.chat);
    await page.context().setOffline(true);
    await page.locator("#trouble").filter({ hasText: "You are offline" }).waitFor();
  },
  "no connection": async (stage, page) => {
    const server = await stage.serve();
    const line = stage.use(new Line(server.port));
    await enterTalk(page, line.url, server.chat);
    line.cut();
    await page.locator("#trouble").filter({ hasText: "No connection" }).waitFor();
    await say(page, "on its way", "button");
    await page.getByRole("button", { name: "Discard" }).waitFor();
  },
  "disconnected": async (stage, page) => {
    const { url } = await stage.serve();
    await page.routeWebSocket("**/ws", (socket) => socket.close({ code: 4501, reason: "" }));
    await page.goto(url);
    await nameField(page).fill("Ada");
    await page.keyboard.press("Enter");
    await page.getByText("Too much was sent in a short time").waitFor();
  },
  "waiting messages": async (stage, page) => {
    const server = await stage.serve();
    await comeAll(stage, server, ["Ada"]);
    await page.goto(server.url);
    await nameField(page).fill("Ada");
    await page.keyboard.press("Enter");
    await page.getByText("is taken in #lobby").waitFor();
    await page.keyboard.press("Escape");
    for (const text of ["one", "two", "three"]) await say(page, text, "button");
    await eventually(async () =>
      assertEquals(await page.getByRole("button", { name: "Discard" }).count(), 3)
    );
  },
  "a refused message": async (stage, page) => {
    const { url } = await stage.serve();
    await page.routeWebSocket("**/ws", (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((frame) => {
        const { type, ref } = JSON.parse(String(frame));
        if (type !== "send") return server.send(frame);
        socket.send(JSON.stringify([{ type: "error", ref, code: "internal", message: "" }]));
      });
    });
    await enter(page, url, "Ada");
    await say(page, "refused", "button");
    await page.getByRole("button", { name: "Try again" }).waitFor();
  },
  "folded text": async (stage, page) => {
    const server = await stage.serve();
    await enter(page, server.url, "Ada");
    server.chat.broadcast("lobby", BOB, LINES, "1");
    await page.getByRole("button", { name: "Show more" }).waitFor();
  },
  "unfolded text": async (stage, page) => {
    const server = await stage.serve();
    await enter(page, server.url, "Ada");
    server.chat.broadcast("lobby", BOB, LINES, "1");
    await page.getByRole("button", { name: "Show more" }).click();
    await page.getByRole("button", { name: "Show less" }).waitFor();
  },
  "code": async (stage, page) => {
    const server = await stage.serve();
    await enter(page, server.url, "Ada");
    const texts = [
      "Run `deno task start`, then",
      "```ts\n" + LINES + "\n```",
      "```\n" + "a long line of code ".repeat(20) + "\n```",
    ];
    texts.forEach((text, index) => server.chat.broadcast("lobby", BOB, text, `${index}`));
    await eventually(async () => assertEquals(await messages(page).count(), 3));
  },
  "markup": async (stage, page) => {
    const server = await stage.serve();
    await enter(page, server.url, "Ada");
    MARKUP.forEach((text, index) => server.chat.broadcast("lobby", BOB, text, `${index}`));
    await eventually(async () => assertEquals(await messages(page).count(), MARKUP.length));
  },
  "mentions": async (stage, page) => {
    const server = await stage.serve();
    await enterRooms(page, server.url, ["garden", "lobby", "shed"]);
    server.chat.broadcast("lobby", BOB, "@Ada have you seen this?", "1");
    server.chat.broadcast("garden", BOB, "@Ada here", "2");
    server.chat.broadcast("garden", BOB, "and @Ada there", "3");
    server.chat.broadcast("shed", BOB, "to nobody", "4");
    await hasTexts(page, ["@Ada have you seen this?"]);
    await page.waitForFunction(() => document.title.startsWith("(3)"));
    await openRooms(page);
  },
  "unread rooms out of sight": async (stage, page) => {
    const server = await stage.serve();
    await enterRooms(page, server.url, Array.from({ length: 19 }, (_, i) => `r${i + 10}`), "r11");
    await page.setViewportSize({ width: page.viewportSize()?.width ?? 1280, height: 480 });
    server.chat.broadcast("r28", BOB, "@Ada down here", "1");
    await page.waitForFunction(() => document.title.startsWith("(1)"));
    await openRooms(page);
    await page.getByRole("button", { name: "1 unread room below, you are mentioned" }).waitFor();
  },
  "more unread than there is": async (stage, page) => {
    const server = await stage.serve();
    await enter(page, server.url, "Ada");
    await server.fill("lobby", 50);
    await eventually(async () => assertEquals(await messages(page).count(), 50));
    await page.goto("about:blank");
    await server.fill("lobby", 400, 51);
    await page.goto(server.url);
    await page.getByRole("button", { name: "Show the first" }).waitFor();
  },
  "missing messages": async (stage, page) => {
    const server = await stage.serve();
    let tell = (_events: unknown[]) => {};
    // As from a server with a store, which gives no page of what is missing.
    await page.routeWebSocket("**/ws", (socket) => {
      tell = (events) => socket.send(JSON.stringify(events));
      const connection = socket.connectToServer();
      connection.onMessage((frame) => {
        const events: Record<string, unknown>[] = JSON.parse(String(frame));
        tell(events.map((event) => ({
          ...event,
          ...(event["type"] === "welcome" && { keepDays: 30 }),
          ...(event["type"] === "joined" && { floor: "0".repeat(26) }),
        })));
      });
      socket.onMessage((frame) => {
        const { type, ref } = JSON.parse(String(frame));
        if (type !== "history") return connection.send(frame);
        tell([{ type: "error", ref, code: "unavailable", message: "" }]);
      });
    });
    await enterTalk(page, server.url, server.chat);
    const [after, before] = ["7ZZZZZZZZZZZZZZZZZZZZZZZZA", "7ZZZZZZZZZZZZZZZZZZZZZZZZB"];
    const message = { id: before, time: Date.now(), user: BOB, text: "after a while" };
    tell([
      { type: "gap", room: "lobby", after, before },
      { type: "message", room: "lobby", ...message },
      {
        type: "message",
        room: "lobby",
        ...message,
        text: "",
        deleted: true,
        changed: "7ZZZZZZZZZZZZZZZZZZZZZZZZC",
      },
    ]);
    await page.getByRole("button", { name: "Load messages" }).waitFor();
    await page.getByText("Messages could not be loaded. Try again").waitFor();
    await page.getByText("Message deleted").waitFor();
  },
  "ignored people": async (stage, page) => {
    const server = await stage.serve();
    await comeAll(stage, server, ["Cem"]);
    await enterTalk(page, server.url, server.chat);
    await ignore(page, ["Bob", "Hal", "Gül"]);
    await page.getByRole("button", { name: "Show 2 messages of Bob" }).waitFor();
    await page.getByRole("button", { name: "Show 2 messages of Gül" }).waitFor();
  },
  "ignored people in the settings": async (stage, page) => {
    const server = await stage.serve();
    await enterTalk(page, server.url, server.chat);
    await ignore(page, ["Bob", "Gül"]);
    await openRooms(page);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("button", { name: "Stop ignoring Bob" }).waitFor();
  },
  "empty room": async (stage, page) => {
    await enter(page, (await stage.serve()).url, "Ada");
    await page.getByText("Nothing has been said here yet").waitFor();
  },
  "talk": async (stage, page) => {
    const server = await stage.serve();
    await enterTalk(page, server.url, server.chat);
  },
  "namesakes": async (stage, page) => {
    const server = await stage.serve();
    server.chat.broadcast("lobby", BOB, "I am Bob", "1");
    server.chat.broadcast("lobby", { ...BOB, id: "obbobbobbobbobbo" }, "I am Bob, too", "2");
    await enter(page, server.url, "Ada");
    await hasTexts(page, ["I am Bob", "I am Bob, too"]);
  },
  "a notice": async (stage, page) => {
    await enter(page, (await stage.serve()).url, "Ada");
    await page.getByRole("button", { name: "Copy the link to invite others" }).click();
    await page.getByRole("status").filter({ hasText: /link/i }).waitFor();
  },
  "muted room": async (stage, page) => {
    await enter(page, (await stage.serve()).url, "Ada");
    await page.getByRole("button", { name: "Mute" }).click();
    await page.getByRole("button", { name: "This room is muted" }).waitFor();
  },
  "settings": async (stage, page) => {
    await enter(page, (await stage.serve()).url, "Ada");
    await openRooms(page);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("dialog", { name: "Settings" }).waitFor();
  },
  "help": async (stage, page) => {
    await enter(page, (await stage.serve()).url, "Ada");
    await openRooms(page);
    await page.getByRole("button", { name: "Help" }).click();
    await page.getByRole("dialog", { name: "Help" }).waitFor();
  },
  "41 people": async (stage, page) => {
    const server = await stage.serve();
    await enter(page, server.url, "Zoe");
    await comeAll(stage, server, Array.from({ length: 40 }, (_, index) => `Bot ${index + 10}`));
    if (isNarrow(page)) await page.getByRole("button", { name: "People" }).click();
    await page.locator("#members li").nth(40).waitFor();
  },
  "leaving": async (stage, page) => {
    const server = await stage.serve();
    await enterRooms(page, server.url, ["garden", "lobby"]);
    await page.getByRole("textbox", { name: "Message" }).fill("a draft");
    await openRooms(page);
    await page.getByRole("button", { name: "Leave #lobby" }).click();
    await page.getByRole("dialog", { name: "Leave #lobby?" }).waitFor();
  },
};

function isNarrow(page: Page): boolean {
  return (page.viewportSize()?.width ?? Infinity) <= 760;
}

/** On a narrow page, the rooms are in a drawer. */
async function openRooms(page: Page): Promise<void> {
  if (!isNarrow(page)) return;
  await page.getByRole("button", { name: "Rooms" }).click();
  await page.getByRole("dialog", { name: "Rooms" }).waitFor();
}

/** Enters a room with messages of several users. */
async function enterTalk(
  page: Page,
  url: string,
  chat: { broadcast(room: string, user: typeof BOB, text: string, ref: string): unknown },
): Promise<void> {
  await enter(page, url, "Ada");
  for (const [name, text] of TALK) {
    chat.broadcast("lobby", { id: `id${name}`, name }, text, `${name} ${text}`);
  }
  await eventually(async () => assertEquals(await messages(page).count(), TALK.length));
  await say(page, "of my own", "button");
  await eventually(async () => assertEquals(await messages(page).count(), TALK.length + 1));
  await eventually(async () => assertEquals(await page.locator("article.sending").count(), 0));
}

/** Ignores people of the talk, as another tab of the user. */
async function ignore(page: Page, names: readonly string[]): Promise<void> {
  await page.evaluate((names) => {
    for (const name of names) {
      const [key, newValue] = [`parley.ignored.id${name}`, JSON.stringify(name)];
      localStorage.setItem(key, newValue);
      dispatchEvent(new StorageEvent("storage", { key, newValue }));
    }
  }, names);
}

/** Enters several rooms, and shows one of them. */
async function enterRooms(
  page: Page,
  url: string,
  rooms: readonly string[],
  shown = "lobby",
): Promise<void> {
  await page.goto(`${url}/r/${shown}`);
  await page.evaluate((rooms) => {
    rooms.forEach((room, index) => {
      const stored = JSON.stringify({ addedAt: index + 1, muted: false });
      localStorage.setItem(`parley.room.${room}`, stored);
    });
  }, rooms);
  await page.reload();
  await nameField(page).fill("Ada");
  await page.keyboard.press("Enter");
  await isOnline(page);
  // A room with a list of members is joined.
  await page.locator("#people .count").filter({ hasText: "1" }).waitFor({ state: "attached" });
}
