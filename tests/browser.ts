// The server has no npm dependency, so its import map names none.
// deno-lint-ignore-file no-import-prefix

/// <reference lib="dom" />

/**
 * What the browser tests share: a real Chromium, a real server, and what people do on the page.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Browser, BrowserContextOptions, Locator, Page } from "npm:playwright-core@1.65.1";
import {
  type Assets,
  type Chat,
  createChat,
  createLog,
  type Environment,
  loadAssets,
  LocalBus,
  parseConfig,
  type User,
} from "../chat/mod.ts";
import { Ids } from "../chat/ids.ts";

export type { Page } from "npm:playwright-core@1.65.1";

/** Generous, since the machine may be slow; nothing waits that long when all is well. */
const DEADLINE_MS = 20_000;
const POLL_MS = 25;

const ROOT = `${import.meta.dirname}/..`;
const CHROMIUM = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";

/** This machine by a name to which browsers grant nothing that they keep for secure contexts. */
export const PLAIN_HOST = "chat.test";

const CHROMIUM_ARGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`,
];

/** One browser for all tests of a file, each of which has contexts of its own. */
let browser: Browser | undefined;

/** The browser, which {@linkcode closeBrowser} ends. */
export async function openBrowser(): Promise<Browser> {
  if (browser !== undefined) return browser;
  // Loaded only where there is a browser, since it is not needed anywhere else.
  const { chromium } = await import("npm:playwright-core@1.65.1");
  browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
  return browser;
}

/** Ends the browser. */
export async function closeBrowser(): Promise<void> {
  await browser?.close();
  browser = undefined;
}

/** The page's files. Compressing them takes longer than most tests, so it is done once. */
let assets: Assets | undefined;

/** What a browser test has. */
export interface Stage {
  /** Opens a page of a new person: with a storage of its own. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
  /** Opens another page of the same person. */
  samePerson(page: Page): Promise<Page>;
  /** Starts a server in this process, which ends with the test, perhaps with a clock that is wrong. */
  serve(environment?: Environment, clockErrorMs?: number): Promise<TestServer>;
  /** Has something closed when the test ends. */
  use<T extends AsyncDisposable>(resource: T): T;
}

/**
 * A test in the browser. It fails on any error of a page that was not caught, and on anything that
 * the content security policy blocked.
 */
export function browserTest(name: string, run: (stage: Stage) => Promise<void>): void {
  const need = findNeed();
  Deno.test({
    name: need === undefined ? name : `${name} (needs ${need})`,
    ignore: need !== undefined,
    // Playwright's connection to the browser outlives a test: starting one each time is too slow.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const problems: string[] = [];
      const stack = new AsyncDisposableStack();
      try {
        await run(createStage(await openBrowser(), stack, problems));
      } finally {
        await stack.disposeAsync();
      }
      assertEquals(problems, []);
    },
  });
}

function createStage(browser: Browser, stack: AsyncDisposableStack, problems: string[]): Stage {
  function watch(page: Page): Page {
    page.setDefaultTimeout(DEADLINE_MS);
    page.on("pageerror", (error) => problems.push(String(error.stack ?? error)));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) problems.push(message.text());
    });
    return page;
  }
  return {
    async newPage(options) {
      const context = await browser.newContext(options);
      stack.defer(() => context.close());
      return watch(await context.newPage());
    },
    samePerson: async (page) => watch(await page.context().newPage()),
    serve: (environment, clockErrorMs) =>
      Promise.resolve(stack.use(TestServer.start(environment, clockErrorMs))),
    use: (resource) => stack.use(resource),
  };
}

/** What is missing for a test in the browser, and how to get it. */
function findNeed(): string | undefined {
  try {
    Deno.statSync(CHROMIUM);
  } catch {
    return "Chromium: apt install chromium, or set CHROMIUM to its path";
  }
  try {
    // Playwright looks at files there, which no narrower permission allows.
    Deno.statSync("/proc/sys");
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return "all permissions: deno test -A";
  }
  return undefined;
}

/** The chat in this process, on a free port. */
export class TestServer implements AsyncDisposable {
  readonly chat: Chat;
  readonly #bus = new LocalBus();
  readonly #ids = new Ids(Date.now());
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #clockErrorMs: number;

  private constructor(environment: Environment, assets: Assets, clockErrorMs: number) {
    this.#clockErrorMs = clockErrorMs;
    this.chat = createChat({
      // The burst is for tests that are not about limits.
      config: parseConfig({ "CHAT_MESSAGE_BURST": "100000", ...environment }),
      log: createLog({ level: "silent", json: false, now: Date.now, write: () => {} }),
      now: () => Date.now() + this.#clockErrorMs,
      assets,
      bus: this.#bus,
    });
    const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
    this.#server = Deno.serve(options, this.chat.handle);
  }

  static start(
    environment: Environment = {},
    clockErrorMs = 0,
    files: Assets = assets ??= loadAssets(`${ROOT}/static`),
  ): TestServer {
    return new TestServer(environment, files, clockErrorMs);
  }

  /** Puts the server's clock forward. */
  skip(ms: number): void {
    this.#clockErrorMs += ms;
  }

  get port(): number {
    return this.#server.addr.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Says something as if at another instance: nothing checks it. */
  sayElsewhere(room: string, user: User, text: string, time: number = Date.now()): void {
    const id = this.#ids.next(Date.now());
    const message = { id, time, user, text };
    this.#bus.publish({ kind: "message", room, message, ref: id });
  }

  /** Has somebody who is not there say `count` things: "message 1" and so on. */
  fill(room: string, count: number, from = 1): void {
    const user = { id: "fillerfillerfill", name: "Filler" };
    for (let i = from; i < from + count; i++) {
      this.chat.broadcast(room, user, `message ${i}`, `filler ${room} ${i}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chat.drain();
    this.chat.stop();
    await this.#server.shutdown();
  }
}

/** A line to a server that can be cut, as a train's is in a tunnel. */
export class Line implements AsyncDisposable {
  #serverPort: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  #isCut = false;

  constructor(serverPort: number) {
    this.#serverPort = serverPort;
    this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Ends all connections, and each new one at once. */
  cut(): void {
    this.#isCut = true;
    for (const connection of this.#open) close(connection);
    this.#open.clear();
  }

  /** Lets connections through again. */
  mend(): void {
    this.#isCut = false;
  }

  /** Leads to another server from now on. */
  lead(serverPort: number): void {
    this.cut();
    this.#serverPort = serverPort;
    this.mend();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#listener.close();
    return Promise.resolve();
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) {
      if (this.#isCut) close(near);
      else this.#join(near);
    }
  }

  async #join(near: Deno.TcpConn): Promise<void> {
    this.#open.add(near);
    const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#serverPort });
    // Cut while it was connecting.
    if (!this.#open.has(near)) return close(far);
    this.#open.add(far);
    await Promise.allSettled([
      near.readable.pipeTo(far.writable),
      far.readable.pipeTo(near.writable),
    ]);
    for (const connection of [near, far]) {
      this.#open.delete(connection);
      close(connection);
    }
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // The other end was faster.
  }
}

/** Tries a check until it passes. Fails as the check last did when the deadline is over. */
export async function eventually(
  check: () => void | Promise<void>,
  deadlineMs = DEADLINE_MS,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Opens a room as somebody who comes for the first time, and is online there. */
export async function enter(page: Page, url: string, name: string): Promise<void> {
  await page.goto(url);
  await nameField(page).fill(name);
  await page.keyboard.press("Enter");
  await isOnline(page);
}

/** Waits until the page says that it is online. */
export async function isOnline(page: Page): Promise<void> {
  await page.getByRole("status").filter({ hasText: /^\s*Online\s*$/ }).waitFor();
}

/** Where one's name is asked for. */
export function nameField(page: Page): Locator {
  return page.getByRole("textbox", { name: "Your name" });
}

/** Where a message is written. */
export function composer(page: Page): Locator {
  return page.getByRole("textbox", { name: "Message" });
}

/** Writes a message and sends it with the key that sends, or with the button as on a phone. */
export async function say(page: Page, text: string, by: "key" | "button" = "key"): Promise<void> {
  await composer(page).fill(text);
  if (by === "key") await composer(page).press("Enter");
  else await page.getByRole("button", { name: "Send" }).click();
}

/** Types until somebody else's page says so: that is told at most every 3 s. */
export async function isSeenTyping(page: Page, name: string, other: Page): Promise<void> {
  await eventually(async () => {
    await composer(page).press("x");
    assertEquals(await other.getByText(`${name} is typing`).count(), 1);
  });
}

/** The messages in the log. */
export function messages(page: Page): Locator {
  return page.getByRole("log").getByRole("article");
}

/** The texts of the messages in the log, those on their way included. */
export async function textsOf(page: Page): Promise<string[]> {
  return await page.getByRole("log").locator("article .text").allInnerTexts();
}

/** Waits until the log says just this, with nothing on its way. */
export async function hasTexts(page: Page, texts: readonly string[]): Promise<void> {
  await eventually(async () => assertEquals(await textsOf(page), texts));
  await eventually(async () => assertEquals(await page.locator("article.sending").count(), 0));
}

/** People who are in the lobby and say nothing. They come one after the other. */
export async function comeAll(
  stage: Stage,
  server: TestServer,
  names: readonly string[],
): Promise<{ leave: () => void }[]> {
  const people: { leave: () => void }[] = [];
  for (const name of names) {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws`);
    stage.use({ [Symbol.asyncDispose]: () => Promise.resolve(socket.close()) });
    await new Promise((resolve) => socket.onopen = resolve);
    const joined = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        for (const { type } of JSON.parse(data)) if (type === "joined") resolve();
      };
    });
    socket.send(JSON.stringify({ type: "hello", name }));
    socket.send(JSON.stringify({ type: "join", room: "lobby" }));
    await joined;
    people.push({ leave: () => socket.send(JSON.stringify({ type: "leave", room: "lobby" })) });
  }
  return people;
}
