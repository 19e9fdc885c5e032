// The server has no npm dependency, so its import map names none.
// deno-lint-ignore-file no-import-prefix

/// <reference lib="dom" />

/**
 * Fixtures of the browser tests: a real browser, a real server, and the actions of users.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Browser, BrowserContextOptions, Locator, Page } from "npm:playwright-core@1.58.2";
import {
  type Assets,
  type Chat,
  createChat,
  type Environment,
  loadAssets,
  MemoryBroker,
  parseConfig,
  type User,
} from "../../chat/mod.ts";
import { memoryBounds } from "../../chat/broker/memory.ts";
import { createLogger } from "../../chat/runtime/logger.ts";
import { type EngineName, findNeed, launch, parseEngine } from "./engines.ts";

export { PLAIN_HOST } from "./engines.ts";
export { Line } from "../support/line.ts";

export type { Page } from "npm:playwright-core@1.58.2";

/** Generous, since the machine may be slow; a passing test never waits so long. */
const DEADLINE_MS = 20_000;
const POLL_MS = 25;

const ROOT = `${import.meta.dirname}/../..`;
/** Lines of Firefox's console that reach Playwright as errors of the page. */
const LOST_CONNECTION = /^(Firefox can’t establish a connection|The connection to ws:)/;

/** The engine in which tests run. */
let engine = parseEngine(Deno.env.get("ENGINE") || "chromium");
let isShellEnough = true;
/** The names of skipped tests. */
let left = new Set<string>();

/** One browser for all tests of a file, each of which has contexts of its own. */
let browser: Browser | undefined;

/** The browser, which {@linkcode closeBrowser} ends. */
export async function openBrowser(isShellEnough = false): Promise<Browser> {
  if (browser !== undefined) return browser;
  return browser = await launch(engine, isShellEnough);
}

/** Ends the browser. */
export async function closeBrowser(): Promise<void> {
  await browser?.close();
  browser = undefined;
}

/** The page's files. Compressing them takes longer than most tests, so it is done once. */
let assets: Assets | undefined;

/**
 * Runs the tests that are registered after this call in another engine, except for some. Returns the
 * names of those among them that no test was registered with so far.
 */
export function useEngine(name: EngineName, without: readonly string[] = []): () => string[] {
  engine = name;
  left = new Set(without);
  return () => [...left];
}

/** Runs a file's tests in a whole browser, for what a headless shell lacks, such as notifications. */
export function useWholeBrowser(): void {
  isShellEnough = false;
}

/** The fixtures of one browser test. */
export interface Stage {
  /** Opens a page of a new user, with its own storage. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
  /** Opens another page of the same user. */
  samePerson(page: Page): Promise<Page>;
  /** Starts a server in this process, which ends with the test; its clock may be wrong. */
  serve(environment?: Environment, clockErrorMs?: number): Promise<TestServer>;
  /** Closes something when the test ends. */
  use<T extends AsyncDisposable>(resource: T): T;
}

/**
 * A test in the browser. It fails on any error of a page that was not caught, and on anything that
 * the content security policy blocked.
 */
export function browserTest(name: string, run: (stage: Stage) => Promise<void>): void {
  if (left.delete(name)) return;
  const need = findNeed(engine);
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
        await run(createStage(await openBrowser(isShellEnough), stack, problems));
      } finally {
        await stack.disposeAsync();
      }
      assertEquals(problems, []);
    },
  });
}

/** Registers tests that need a feature of Playwright in Chromium, such as "emulates phones". */
export function chromiumTest(doing: string): typeof browserTest {
  if (engine === "chromium") return browserTest;
  return (name) =>
    Deno.test.ignore(`${name} (only in Chromium: Playwright ${doing} nowhere else)`, () => {});
}

/** A test with the system's theme set to light or dark. */
export function systemTest(
  colorScheme: "light" | "dark",
  name: string,
  run: (stage: Stage) => Promise<void>,
): void {
  const fullName = `${name}, on a ${colorScheme} system`;
  if (colorScheme === "light") browserTest(fullName, run);
  else chromiumTest("emulates a dark system")(fullName, run);
}

function createStage(browser: Browser, stack: AsyncDisposableStack, problems: string[]): Stage {
  function watch(page: Page): Page {
    page.setDefaultTimeout(DEADLINE_MS);
    page.on("pageerror", (error) => {
      if (!LOST_CONNECTION.test(error.message)) problems.push(String(error.stack ?? error));
    });
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

/** The chat in this process, on a free port. */
export class TestServer implements AsyncDisposable {
  readonly chat: Chat;
  readonly #broker: MemoryBroker;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #clockErrorMs: number;

  private constructor(environment: Environment, assets: Assets, clockErrorMs: number) {
    this.#clockErrorMs = clockErrorMs;
    // The burst lets most tests stay below the limits.
    const config = parseConfig({ "CHAT_MESSAGE_BURST": "100000", ...environment });
    const now = () => Date.now() + this.#clockErrorMs;
    this.#broker = new MemoryBroker({
      ...memoryBounds(config),
      now,
    });
    this.chat = createChat({
      config,
      logger: createLogger({ level: "silent", json: false, now: Date.now, write: () => {} }),
      now,
      assets,
      broker: this.#broker,
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

  /** Moves the server's clock forward. */
  skip(ms: number): void {
    this.#clockErrorMs += ms;
  }

  get port(): number {
    return this.#server.addr.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Publishes a message like another instance, without checks. */
  async sayElsewhere(room: string, user: User, text: string, time?: number): Promise<void> {
    // The last of two times in an object counts.
    const body = JSON.stringify({ user, text, time });
    await this.#broker.publish([{ op: "send", room, user: user.id, ref: "", body }]);
  }

  /** Publishes messages of a user who has not joined: "message 1" and so on. Resolves when all are kept. */
  async fill(room: string, count: number, from = 1): Promise<void> {
    const user = { id: "fillerfillerfill", name: "Filler" };
    await Promise.all(Array.from({ length: count }, (_, i) => {
      const number = from + i;
      return this.chat.broadcast(room, user, `message ${number}`, `filler ${room} ${number}`);
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chat.drain();
    await this.chat.stop();
    await this.#server.shutdown();
  }
}

/** Repeats a check until it passes. Throws its last error at the deadline. */
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

/** Opens a room as a newcomer, and waits until the page is online. */
export async function enter(page: Page, url: string, name: string): Promise<void> {
  await page.goto(url);
  await nameField(page).fill(name);
  await page.keyboard.press("Enter");
  await isOnline(page);
}

/** Waits until the page says that it is online, and both of its parts run. */
export async function isOnline(page: Page): Promise<void> {
  await page.locator("body.whole").waitFor();
  await page.getByRole("status").filter({ hasText: /^\s*Online\s*$/ }).waitFor();
}

/** Delays a file of the page, if one is named, until the returned function is called. */
export async function hold(page: Page, name: string): Promise<() => void> {
  if (name === "") return () => {};
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route(`**/${name}`, async (route) => {
    await promise;
    await route.continue();
  });
  return resolve;
}

/** The field for the user's name. */
export function nameField(page: Page): Locator {
  return page.getByRole("textbox", { name: "Your name" });
}

/** The field for messages. */
export function composer(page: Page): Locator {
  return page.getByRole("textbox", { name: "Message" });
}

/** Replaces the text of a field. Playwright presses Enter for a newline in Firefox. */
export async function write(field: Locator, text: string): Promise<void> {
  if (!text.includes("\n")) return await field.fill(text);
  await field.fill("");
  await field.evaluate((_field, text) => document.execCommand("insertText", false, text), text);
}

/** Takes the browser of a page offline, or makes its pages believe so. */
export async function setOffline(page: Page, isOffline: boolean): Promise<void> {
  if (engine === "chromium") return await page.context().setOffline(isOffline);
  // Playwright can't do it in Firefox.
  await page.evaluate((isOffline) => {
    Object.defineProperty(navigator, "onLine", { get: () => !isOffline, configurable: true });
    dispatchEvent(new Event(isOffline ? "offline" : "online"));
  }, isOffline);
}

/**
 * Takes the browser of a page offline for good. What Chromium has to send then, it would try again and
 * again, which takes a whole core.
 */
export async function loseNetwork(page: Page): Promise<void> {
  await page.evaluate(() => WebSocket.prototype.send = () => {});
  await page.context().setOffline(true);
}

/** Writes a message and sends it, with Enter or, as on a phone, with the button. */
export async function say(page: Page, text: string, by: "key" | "button" = "key"): Promise<void> {
  await write(composer(page), text);
  if (by === "key") await composer(page).press("Enter");
  else await page.getByRole("button", { name: "Send" }).click();
}

/** Types until another user's page shows it: the page sends `typing` at most every 3 s. */
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

/** The texts of the messages in the log, with outgoing ones. */
export async function textsOf(page: Page): Promise<string[]> {
  return await page.getByRole("log").locator("article .text").allInnerTexts();
}

/** Waits until the log has exactly these texts, and no outgoing ones. */
export async function hasTexts(page: Page, texts: readonly string[]): Promise<void> {
  await eventually(async () => assertEquals(await textsOf(page), texts));
  await eventually(async () => assertEquals(await page.locator("article.sending").count(), 0));
}

/** Silent users in the lobby, who join one after the other. */
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
