/// <reference lib="dom" />

/**
 * Program that draws the documents' pictures and the app's icons in Chromium: `deno task pictures`
 * writes `docs/*.png` and `static/icon-*.png`.
 *
 * @module
 */

import type { User } from "../../chat/protocol/types.ts";
import {
  closeBrowser,
  composer,
  enter,
  eventually,
  messages,
  openBrowser,
  TestServer,
} from "./browser.ts";

const ROOT = `${import.meta.dirname}/../..`;

/** The favicon's colour. */
const ACCENT = "#4f56d3";

const PEOPLE = ["Grace Hopper", "Linus", "Margaret", "Радия", "Ken", "Barbara", "Anita", "Dennis"];

/** The conversation: authors and texts in order; a number is a pause in minutes. */
const TALK: readonly (readonly [name: string, text: string] | number)[] = [
  ["Grace Hopper", "Good morning, everybody! The new server has been up since last night."],
  ["Grace Hopper", "Nothing to configure: the defaults will do."],
  ["Linus", "Nice. How do I try it here?"],
  [
    "Margaret",
    "One command, and there is nothing to install but Deno:\n```sh\ndeno task start\n```",
  ],
  ["Linus", "That was quick!"],
  26,
  ["Радия", "What happens when the line breaks while I am writing?"],
  [
    "Margaret",
    "It waits in the outbox, and arrives once and in order. Try it: stop the server, write, start it again.",
  ],
  ["Радия", "It really does. And whoever was away reads “Caught up: 37 messages”."],
  7,
  [
    "Barbara",
    'The protocol is written down too: each frame is one JSON object, such as `{"type":"ping"}`.',
  ],
  ["Barbara", "Deno's own documentation on sockets: https://docs.deno.com/api/web/websockets"],
  ["Ken", "Shall we use it for the workshop on Friday? @Ada, you have the list of rooms."],
];

/** Draws the icons from the favicon: as it is, and with the margin that masks may cut off. */
async function drawIcons(): Promise<void> {
  const svg = await Deno.readTextFile(`${ROOT}/static/favicon.svg`);
  const page = await (await openBrowser()).newPage();
  const draw = async (name: string, size: number, svg: string, background = "transparent") => {
    await page.setViewportSize({ width: size, height: size });
    await page.setContent(
      `<body style="margin:0;height:100vh;display:grid;place-items:center;background:${background}">` +
        svg,
    );
    await page.screenshot({ path: `${ROOT}/static/${name}.png`, omitBackground: true });
  };
  const sized = (size: number) => svg.replace("<svg", `<svg width="${size}" height="${size}"`);
  await draw("icon-192", 192, sized(192));
  await draw("icon-512", 512, sized(512));
  // A mask may leave only a circle of 80 %, so the colour reaches the edge.
  const swapped = sized(360).replace(ACCENT, "#fff").replace(
    '<g fill="#fff">',
    `<g fill="${ACCENT}">`,
  );
  await draw("icon-maskable-512", 512, swapped, ACCENT);
  await page.close();
}

async function drawPages(): Promise<void> {
  await using server = await TestServer.start();
  const sockets = await Promise.all(PEOPLE.map((name) => join(server, name)));
  const users = new Map(sockets.map(({ user }) => [user.name, user]));
  await Deno.mkdir(`${ROOT}/docs`, { recursive: true });

  const wide = await open({ width: 1200, height: 800 }, "light");
  const phone = await open({ width: 390, height: 780 }, "dark", 2);
  await enter(wide, `${server.url}/r/design`, "Ada");
  for (const room of ["off-topic", "welcome"]) {
    await wide.getByRole("textbox", { name: "Room to join" }).fill(room);
    await wide.keyboard.press("Enter");
    await wide.getByRole("heading", { level: 1, name: room }).waitFor();
  }
  await enter(phone, `${server.url}/r/welcome`, "Edsger");
  let count = 0;
  for (const line of TALK) {
    if (typeof line === "number") {
      server.skip(line * 60_000);
      continue;
    }
    const [name, text] = line;
    const user = users.get(name);
    if (user === undefined) throw new TypeError(`"${name}" is not among the people`);
    server.skip(20_000);
    server.chat.broadcast("welcome", user, text, `line ${count++}`);
  }
  await server.fill("design", 4);
  await wide.getByText("4 unread").waitFor();
  for (const page of [wide, phone]) {
    await eventually(async () => {
      if (await messages(page).count() < count) throw new Error("Not all is on show yet");
    });
  }
  await composer(wide).fill("Of course, I'll bring it");
  sockets[0]?.socket.send(JSON.stringify({ type: "typing", room: "welcome" }));
  await wide.getByText("is typing").waitFor();
  await wide.screenshot({ path: `${ROOT}/docs/wide.png` });
  await phone.screenshot({ path: `${ROOT}/docs/phone.png` });
  for (const { socket } of sockets) socket.close();
  await wide.context().close();
  await phone.context().close();
}

async function open(
  viewport: { width: number; height: number },
  colorScheme: "light" | "dark",
  deviceScaleFactor = 1,
): ReturnType<Awaited<ReturnType<typeof openBrowser>>["newPage"]> {
  const browser = await openBrowser();
  const page = await browser.newPage({
    viewport,
    colorScheme,
    deviceScaleFactor,
    locale: "en-GB",
    reducedMotion: "reduce",
  });
  // The key makes the id, and so the colour: the same in each run.
  const key = JSON.stringify(`pictures of parley: ${colorScheme}`);
  await page.addInitScript((key) => localStorage.setItem("parley.key", key), key);
  return page;
}

/** A silent user. */
async function join(server: TestServer, name: string): Promise<{ user: User; socket: WebSocket }> {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws`);
  await new Promise((resolve) => socket.onopen = resolve);
  const answer = new Promise<User>((resolve) => {
    socket.onmessage = ({ data }) => {
      for (const event of JSON.parse(data)) if (event.type === "welcome") resolve(event.you);
    };
  });
  socket.send(JSON.stringify({ type: "hello", name, key: `pictures of parley: ${name}` }));
  socket.send(JSON.stringify({ type: "join", room: "welcome" }));
  return { user: await answer, socket };
}

await drawIcons();
await drawPages();
await closeBrowser();
