/**
 * The checks of a server as its users reach it, such as through a proxy. As a program it checks the
 * server at a URL: `deno run --allow-net tests/proxies/smoke.ts https://chat.example/`
 *
 * @module
 */

import { within } from "../support/deadline.ts";

/** The room that the checks talk in. */
const ROOM = "smoke";

/** Longer than the 60 s after which proxies give up a quiet connection by default. */
const SILENCE_MS = 70_000;

/** Time for a file of the page, which a busy machine compresses when it is first asked for. */
const FILE_MS = 60_000;

/** The time within which something must have come that no proxy holds back, in milliseconds. */
const SOON_MS = 5000;

/** An event of the server, as far as the checks look at it. */
interface Event {
  readonly type: string;
  readonly ref?: string;
  readonly text?: string;
  readonly message?: string;
}

/** The checks by what they find out, each for the URL of the page. */
export const CHECKS: Readonly<Record<string, (page: URL) => Promise<void>>> = {
  "the page and its files": checkPage,
  "the health": checkHealth,
  "a message reaches another connection": checkMessage,
  "a connection lives on that says nothing for a while": checkSilence,
  "a text is posted, and its event comes at once and after a while of silence": checkEvents,
};

/** Throws unless something is as it must be. */
function expect(isTrue: boolean, what: string): asserts isTrue {
  if (!isTrue) throw new Error(`Expected ${what}`);
}

async function load(url: URL): Promise<{ readonly headers: Headers; readonly text: string }> {
  const response = await within(fetch(url), `${url}`, FILE_MS);
  const text = await response.text();
  expect(response.ok, `${url} to be there, not ${response.status}`);
  return { headers: response.headers, text };
}

async function checkPage(page: URL): Promise<void> {
  const { headers, text } = await load(page);
  expect(text.includes("<title>"), "a page");
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy.includes("default-src 'none'"), "the content security policy");
  const paths = text.matchAll(/\b(?:href|src)="([^"#]+\.(?:js|css|png|webmanifest))"/g);
  const files = new Set(paths.map(([, path = ""]) => new URL(path, page).href));
  expect(files.size > 3, "a page that has files");
  await Promise.all([...files].map((file) => load(new URL(file))));
}

async function checkHealth(page: URL): Promise<void> {
  const { status } = JSON.parse((await load(new URL("healthz", page))).text);
  expect(status === "ok", `the status "ok", not "${status}"`);
}

async function checkMessage(page: URL): Promise<void> {
  await using ada = await Talker.open(page, "Ada Smoke");
  await using bob = await Talker.open(page, "Bob Smoke");
  const text = `Hello ${crypto.randomUUID()}`;
  ada.send({ type: "send", ref: "send", room: ROOM, text });
  await ada.next((event) => event.type === "ack" && event.ref === "send");
  await bob.next((event) => event.type === "message" && event.text === text);
}

async function checkSilence(page: URL): Promise<void> {
  await using talker = await Talker.open(page, "Quiet Smoke");
  await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
  talker.send({ type: "ping", ref: "ping" });
  await talker.next((event) => event.type === "pong" && event.ref === "ping");
}

async function checkEvents(page: URL): Promise<void> {
  const room = new URL(`api/rooms/${ROOM}/`, page);
  const stop = new AbortController();
  try {
    const opened = fetch(new URL("events", room), { signal: stop.signal });
    const { headers, body, status } = await within(opened, "the events", SOON_MS);
    const isStream = headers.get("content-type")?.startsWith("text/event-stream") === true;
    expect(status === 200 && isStream && body !== null, `a stream of events, not ${status}`);
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (const waitMs of [0, SILENCE_MS]) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      const text = `Posted ${crypto.randomUUID()}`;
      const posted = await fetch(new URL("messages", room), { method: "POST", body: text });
      expect(posted.status === 201, `a posted text, not ${posted.status}`);
      await posted.body?.cancel();
      await within(readUpTo(reader, text), "the event of a posted text", SOON_MS);
    }
  } finally {
    stop.abort();
  }
}

async function readUpTo(reader: ReadableStreamDefaultReader<string>, end: string): Promise<void> {
  let text = "";
  while (!text.includes(end)) {
    const { value, done } = await reader.read();
    expect(!done, "events that go on");
    text += value;
  }
}

/** A user in the room of the checks. */
class Talker implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #events: Event[] = [];
  #arrived = Promise.withResolvers<void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.#events.push(...JSON.parse(data));
      this.#arrived.resolve();
    };
    socket.onclose = ({ code }) => this.#arrived.reject(new Error(`Closed with ${code}`));
    // next() tells of it.
    this.#arrived.promise.catch(() => {});
  }

  static async open(page: URL, name: string): Promise<Talker> {
    const url = new URL("ws", page);
    url.protocol = page.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    const talker = new Talker(socket);
    await within(new Promise((resolve) => socket.onopen = resolve), "a WebSocket");
    // A user of another run, or of one just now, may be in the room.
    const unique = `${name} ${crypto.randomUUID().slice(0, 8)}`;
    talker.send({ type: "hello", ref: "hello", name: unique });
    await talker.next((event) => event.type === "welcome");
    talker.send({ type: "join", ref: "join", room: ROOM });
    await talker.next((event) => event.type === "joined");
    return talker;
  }

  send(command: Event & Readonly<Record<string, string>>): void {
    this.#socket.send(JSON.stringify(command));
  }

  /** Waits for an event. Those before it are dropped. */
  async next(accept: (event: Event) => boolean): Promise<void> {
    while (true) {
      const event = this.#events.shift();
      if (event !== undefined && accept(event)) return;
      if (event?.type === "error") throw new Error(`Refused: ${event.message}`);
      if (event !== undefined) continue;
      await within(this.#arrived.promise, "an event");
      this.#arrived = Promise.withResolvers();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.#socket.close();
    await within(closed, "the close");
  }
}

if (import.meta.main) {
  const page = new URL(Deno.args[0] ?? "http://localhost:8000/");
  const results = await Promise.allSettled(
    Object.entries(CHECKS).map(async ([name, check]) => {
      await check(page);
      console.log(`ok: ${name}`);
    }),
  );
  const failures = results.filter((result) => result.status === "rejected");
  for (const { reason } of failures) console.error(`failed: ${reason.message}`);
  Deno.exit(failures.length === 0 ? 0 : 1);
}
