/// <reference lib="dom" />

/**
 * States of the page, each with the steps to it, for tests that hold in all of them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { RealServer } from "../support/real_server.ts";
import { dataFolder } from "../support/server_process.ts";
import {
  comeAll,
  composer,
  enter,
  eventually,
  hasTexts,
  isOnline,
  Line,
  loseNetwork,
  messages,
  nameField,
  type Page,
  say,
  type Stage,
  type TestServer,
} from "./browser.ts";
import { comes } from "./person.ts";

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
  "compact page": async (stage, page) => {
    const server = await stage.serve({ CHAT_ACCENT: "#ffd43b" });
    await page.addInitScript(() => {
      Object.defineProperty(globalThis, "localStorage", { get: () => undefined });
    });
    await page.goto(`${server.url}/r/lobby?embed&name=Ada`);
    await isOnline(page);
    await say(page, "see #garden", "button");
    await hasTexts(page, ["see #garden"]);
    await page.getByText("Your browser keeps nothing here").waitFor();
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
  "locked room": async (stage, page) => {
    await enterDen(stage, page, { password: "sesame" });
    await page.getByLabel("Password of #den").waitFor();
  },
  "wrong password": async (stage, page) => {
    await enterDen(stage, page, { password: "sesame" });
    await page.getByLabel("Password of #den").fill("wrong");
    await page.getByRole("button", { name: "Enter" }).click();
    await page.locator("#trouble").filter({ hasText: "that is not its password" }).waitFor();
  },
  "private server": async (stage, page) => {
    await page.goto((await stage.serve({ CHAT_PASSWORD: "sesame" })).url);
    await nameField(page).fill("Ada");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByLabel("Password").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: "That is not the password" }).waitFor();
  },
  "token needed": async (stage, page) => {
    await page.goto((await stage.serve({ CHAT_TOKEN_SECRET: "0123456789abcdef".repeat(2) })).url);
    await page.getByRole("dialog", { name: "This chat needs a pass" }).waitFor();
  },
  "kicked": async (stage, page) => {
    const { restrict } = await enterDen(stage, page, {});
    await restrict("kick");
    await page.locator("#trouble").filter({ hasText: "You were sent out of #den" }).waitFor();
  },
  "banned": async (stage, page) => {
    const { url } = await stage.serve();
    await page.routeWebSocket("**/ws", (socket) => {
      socket.onMessage((frame) => {
        const { ref } = JSON.parse(String(frame));
        const error = { type: "error", ref, code: "banned", message: "", retryMs: 7_200_000 };
        socket.send(JSON.stringify([error]));
        socket.close({ code: 4502, reason: "" });
      });
    });
    await page.goto(url);
    await nameField(page).fill("Ada");
    await page.keyboard.press("Enter");
    await page.locator("#trouble").filter({ hasText: "You were sent out of this chat" }).waitFor();
  },
  "muted": async (stage, page) => {
    const { restrict } = await enterDen(stage, page, {});
    await restrict("mute");
    await say(page, "Why is that?", "button");
    await page.locator(".silence").filter({ hasText: "You may only read here" }).waitFor();
    await page.getByRole("button", { name: "Try again" }).waitFor();
  },
  "read-only room": async (stage, page) => {
    await enterDen(stage, page, { readOnly: true });
    await page.getByText("Only moderators write in this room").waitFor();
  },
  "slow mode": async (stage, page) => {
    await enterDen(stage, page, { slowMs: 3_600_000 });
    for (const text of ["one", "two"]) await say(page, text, "button");
    await page.getByText("Next message in").waitFor();
    await page.getByRole("button", { name: "Discard" }).waitFor();
  },
  "offline": async (stage, page) => {
    const server = await stage.serve();
    await enterTalk(page, server.url, server.chat);
    await loseNetwork(page);
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
  "message menu": async (stage, page) => {
    const server = await stage.serve();
    await enterTalk(page, server.url, server.chat);
    await openMenu(page);
  },
  "replies and reactions": async (stage, page) => {
    await enterAnswers(page, stage, await stage.serve());
    await page.getByRole("button", { name: /^👍 3/ }).hover();
    await page.locator(".tip").waitFor();
  },
  "replying": async (stage, page) => {
    await enterAnswers(page, stage, await stage.serve());
    await openMenu(page);
    await page.getByRole("menuitem", { name: "Reply" }).click();
    await page.getByText("Replying to").waitFor();
  },
  "reaction picker": async (stage, page) => {
    await enterAnswers(page, stage, await stage.serve());
    await openMenu(page);
    await page.getByRole("menuitem", { name: "React" }).click();
    await page.getByRole("combobox", { name: "Find an emoji" }).fill("heart");
    await page.getByRole("option", { name: "💙 blue heart" }).waitFor();
  },
  "editing": async (stage, page) => {
    const server = await stage.serve();
    await enterTalk(page, server.url, server.chat);
    await page.getByRole("textbox", { name: "Message" }).press("ArrowUp");
    await page.getByText("Editing your message").waitFor();
  },
  "edited message": async (stage, page) => {
    const server = await stage.serve();
    await enterTalk(page, server.url, server.chat);
    await edit(page, "of my own, again");
    await page.getByText("(edited").waitFor();
  },
  "a refused edit": async (stage, page) => {
    const server = await stage.serve();
    await page.routeWebSocket("**/ws", (socket) => {
      const connection = socket.connectToServer();
      socket.onMessage((frame) => {
        const { type, ref } = JSON.parse(String(frame));
        if (type !== "edit") return connection.send(frame);
        socket.send(JSON.stringify([{ type: "error", ref, code: "internal", message: "" }]));
      });
    });
    await enterTalk(page, server.url, server.chat);
    await edit(page, "of my own, again");
    await page.getByText("Not changed: something went wrong").waitFor();
  },
  "delete?": async (stage, page) => {
    const server = await stage.serve();
    await enterTalk(page, server.url, server.chat);
    await openMenu(page);
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog", { name: "Delete this?" }).waitFor();
  },
  "undo": async (stage, page) => {
    const server = await stage.serve();
    await enterTalk(page, server.url, server.chat);
    // Offline, the deletion can be undone for as long as it waits.
    await loseNetwork(page);
    await page.locator("#trouble").filter({ hasText: "You are offline" }).waitFor();
    await openMenu(page);
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Undo the deletion" }).waitFor();
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
  "names to complete": async (stage, page) => {
    const server = await stage.serve();
    await comeAll(stage, server, ["Ann", "Ann Lee", "A name of a good thirty signs", "李雷"]);
    await enter(page, server.url, "Ada");
    await page.locator("#people .count").filter({ hasText: "5" }).waitFor({ state: "attached" });
    await composer(page).pressSequentially("so @");
    await page.getByRole("option", { name: "Ann Lee" }).waitFor();
    await page.keyboard.press("ArrowDown");
  },
  "emoji to complete": async (stage, page) => {
    await enter(page, (await stage.serve()).url, "Ada");
    await composer(page).pressSequentially(":smi");
    await page.getByRole("option", { name: "smiley_cat" }).waitFor();
  },
  "commands to complete": async (stage, page) => {
    await enter(page, (await stage.serve()).url, "Ada");
    await composer(page).pressSequentially("/");
    await page.getByRole("option", { name: "/join" }).waitFor();
  },
  "an unknown command": async (stage, page) => {
    await enter(page, (await stage.serve()).url, "Ada");
    await say(page, "/xyz and more", "button");
    await page.getByRole("status").filter({ hasText: "no command /xyz" }).waitFor();
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
  "settings of a room as its owner": async (stage, page) => {
    const server = await stage.serve();
    await enterOwned(stage, page, server);
    await page.getByRole("button", { name: "About #den" }).click();
    await page.getByRole("checkbox", { name: /^Listed/ }).check();
    await page.getByLabel("Password", { exact: true }).fill("secret");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Copy link with password" }).waitFor();
    await page.getByRole("textbox", { name: "Topic" }).fill("x".repeat(201));
    await page.keyboard.press("Enter");
    await page.getByText("A topic has at most 200 characters.").waitFor();
    await page.getByRole("button", { name: "End: Eve is muted" }).waitFor();
  },
  "settings of a room as a guest": async (stage, page) => {
    const server = await stage.serve();
    await comes(stage, server, "Bob", "den");
    await enter(page, `${server.url}/r/den`, "Ada");
    await page.getByRole("button", { name: "About #den" }).click();
    await page.getByText("Owner: Bob").waitFor();
  },
  "menu of a person": async (stage, page) => {
    await openPersonMenu(stage, page);
  },
  "kick": async (stage, page) => {
    await openPersonMenu(stage, page);
    await page.getByRole("menuitem", { name: "Kick…" }).click();
    await page.getByText("Delete their messages of the last hour (1)").waitFor();
  },
  "directory": async (stage, page) => {
    const server = await stage.serve();
    await enterOwned(stage, page, server);
    await page.getByRole("button", { name: "About #den" }).click();
    await page.getByRole("checkbox", { name: /^Listed/ }).check();
    await page.getByText("Saved", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await openRooms(page);
    await page.getByRole("button", { name: "Find a room" }).click();
    await page.getByRole("option", { name: "#lobby" }).waitFor();
  },
  "help": async (stage, page) => {
    await enter(page, (await stage.serve()).url, "Ada");
    await openRooms(page);
    await page.getByRole("button", { name: "Help" }).click();
    await page.getByRole("dialog", { name: "Help" }).waitFor();
  },
  "search": async (stage, page) => {
    await enterRooms(page, await searchable(stage), ["garden", "lobby", "shed"]);
    await page.getByRole("button", { name: "Search or go to a room" }).click();
    await page.getByRole("option", { name: "#shed" }).waitFor();
  },
  "found messages": async (stage, page) => {
    await enter(page, await searchable(stage), "Ada");
    await page.getByRole("button", { name: "Search or go to a room" }).click();
    await page.getByRole("combobox").fill("needle");
    await page.getByText("20+ messages found").waitFor();
    await page.keyboard.press("ArrowDown");
  },
  "nothing found": async (stage, page) => {
    await enter(page, await searchable(stage), "Ada");
    await page.getByRole("button", { name: "Search or go to a room" }).click();
    await page.getByRole("combobox").fill("nowhere");
    await page.getByText("No messages found").waitFor();
  },
  "the past": async (stage, page) => {
    const server = await stage.serve();
    await server.fill("lobby", 100);
    const receipt = await server.chat.broadcast("lobby", BOB, "Look at this", "wanted");
    await server.fill("lobby", 500, 101);
    await page.goto(`${server.url}/r/lobby#${"id" in receipt ? receipt.id : ""}`);
    await nameField(page).fill("Ada");
    await page.keyboard.press("Enter");
    await page.locator(".target").waitFor();
    await server.fill("lobby", 2, 601);
    await page.getByRole("button", { name: "2 new messages" }).waitFor();
  },
  "a message that is not kept": async (stage, page) => {
    await page.goto(`${(await stage.serve()).url}/r/lobby#01J00000000000000000000000`);
    await nameField(page).fill("Ada");
    await page.keyboard.press("Enter");
    await page.getByText("not kept here any more").waitFor();
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

/** Enters a room of somebody else, who can send the user out or mute the user. */
async function enterDen(
  stage: Stage,
  page: Page,
  settings: Record<string, unknown>,
): Promise<{ restrict: (type: "kick" | "mute") => Promise<void> }> {
  const server = await stage.serve();
  const owner = await comes(stage, server, "Owner", "den");
  await owner.asks({ type: "configure", room: "den", ...settings });
  await enter(page, `${server.url}/r/den`, "Ada");
  return {
    async restrict(type) {
      const you = page.locator("#members bdi").first();
      await you.waitFor({ state: "attached" });
      const user = (await you.getAttribute("title") ?? "").replace(/^.* id /, "");
      await owner.asks({ type, room: "den", user, minutes: 5 });
    },
  };
}

/** Starts a server that keeps messages, and has some to be found. */
async function searchable(stage: Stage): Promise<string> {
  const { CHAT_DATA } = stage.use(await dataFolder());
  const server = stage.use(RealServer.start({ CHAT_DATA, CHAT_MESSAGE_BURST: "1000" }));
  await Promise.all(Array.from({ length: 30 }, (_, index) => {
    const words = index % 3 === 0
      ? "in a haystack, which is much longer than a line. ".repeat(6)
      : "";
    const text = `${words}The ${index % 2 === 0 ? "needle" : "Needle"} number ${index}`;
    return server.chat.broadcast("lobby", BOB, text, `${index}`);
  }));
  return `http://127.0.0.1:${server.port}`;
}

/** Makes a room with a topic, a moderator, and somebody who is muted. */
async function enterOwned(stage: Stage, page: Page, server: TestServer): Promise<void> {
  await enter(page, `${server.url}/r/den`, "Ada");
  const bob = await comes(stage, server, "Bob", "den");
  await comes(stage, server, "Eve", "den");
  await bob.does({ type: "send", text: "Is there tea?" });
  await messages(page).filter({ hasText: "Is there tea?" }).waitFor();
  await page.getByRole("button", { name: "About #den" }).click();
  await page.getByRole("textbox", { name: "Topic" }).fill("Tea at five, https://example.com/tea");
  await page.keyboard.press("Enter");
  await page.getByText("Topic saved").waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await choose(page, "Bob", "Make moderator");
  await page.locator("#members .role").filter({ hasText: "moderator" }).waitFor({
    state: "attached",
  });
  await choose(page, "Eve", "Mute…");
  await page.getByRole("button", { name: "Mute", exact: true }).click();
  await page.getByText("Eve can’t write in #den for 1 hour").waitFor();
}

/** Opens the menu of a person in a room of the user. */
async function openPersonMenu(stage: Stage, page: Page): Promise<void> {
  await enterOwned(stage, page, await stage.serve());
  await openPerson(page, "Bob");
}

async function openPerson(page: Page, name: string): Promise<void> {
  const isInDrawer = (page.viewportSize()?.width ?? Infinity) <= 1040;
  if (isInDrawer) await page.getByRole("button", { name: "People" }).click();
  await page.locator("#members li").filter({ hasText: name }).hover();
  await page.getByRole("button", { name: `More about ${name}` }).click();
}

async function choose(page: Page, name: string, item: string): Promise<void> {
  await openPerson(page, name);
  await page.getByRole("menuitem", { name: item }).click();
  await page.getByRole("menu").waitFor({ state: "hidden" });
}

function isNarrow(page: Page): boolean {
  return (page.viewportSize()?.width ?? Infinity) <= 760;
}

/** Opens the menu of the last message. */
async function openMenu(page: Page): Promise<void> {
  await messages(page).last().hover();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menu").waitFor();
}

/** Gives another text to the last message of one's own. */
async function edit(page: Page, text: string): Promise<void> {
  const field = page.getByRole("textbox", { name: "Message" });
  await field.press("ArrowUp");
  await page.getByText("Editing your message").waitFor();
  await field.fill(text);
  await field.press("Enter");
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

/** Enters a room with replies to several messages, one of them deleted, and with reactions. */
async function enterAnswers(page: Page, stage: Stage, server: TestServer): Promise<void> {
  const [bob, cem] = [await comes(stage, server, "Bob"), await comes(stage, server, "Cem")];
  await enter(page, server.url, "Ada");
  await say(page, "Shall we meet at noon, in the garden behind the house, or is that too hot?");
  await eventually(async () => assertEquals(await page.locator("article[data-id]").count(), 1));
  const own = await messages(page).first().getAttribute("data-id") ?? "";
  const gone = await bob.does({ type: "send", text: "never mind" });
  const answer = await bob.does({ type: "send", text: "Noon it is", reply: own });
  await cem.does({ type: "send", text: "Why not?", reply: gone });
  await cem.does({ type: "send", text: "I am there", reply: answer });
  await bob.does({ type: "delete", id: gone });
  for (const emoji of ["👍", "🎉", "👩‍💻"]) {
    await bob.does({ type: "react", id: answer, emoji, on: true });
  }
  await cem.does({ type: "react", id: answer, emoji: "👍", on: true });
  await page.getByRole("button", { name: "👍 2: Bob and Cem" }).click();
  await page.getByRole("button", { name: "👍 3: Bob, Cem and you" }).waitFor();
  await eventually(async () => assertEquals(await page.locator(".pending").count(), 0));
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
