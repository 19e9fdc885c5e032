/// <reference lib="dom" />

/**
 * The costs of the page in Chromium: bytes over the network, the time to load it from a distant
 * server, the time to receive and draw 1,000 messages, and the JavaScript heap after 5,000.
 * `deno task bench:page` prints them.
 *
 * @module
 */

import {
  closeBrowser,
  enter,
  openBrowser,
  type Page,
  PLAIN_HOST,
  TestServer,
} from "../../tests/browser/browser.ts";
import { type Loading, measureLoading, measureStart } from "./loading.ts";

const MESSAGES = 1000;
const RUNS = 7;
const ROUND_TRIP_MS = 100;
const HEAP_MESSAGES = 5000;

/** The time that the page's code took, in milliseconds. */
interface Cost {
  /** From the frame's arrival to the end of its handling: `reduce` and its effects. */
  readonly reduce: number;
  /** The views, with the browser's layout. */
  readonly draw: number;
}

/** The bytes of the response bodies that open the page, by file extension. */
async function measureSize(hostname: string): Promise<Map<string, number>> {
  await using server = await TestServer.start();
  const page = await (await openBrowser()).newPage();
  const requests: Promise<readonly [string, number]>[] = [];
  page.on("requestfinished", (request) => {
    const { pathname, search } = new URL(request.url());
    if (search === "?offline" || /offline|sw\.js/.test(pathname)) return;
    const extension = /\.(\w+)$/.exec(pathname)?.[1] ?? "html";
    requests.push(request.sizes().then(({ responseBodySize }) => [extension, responseBodySize]));
  });
  await enter(page, `http://${hostname}:${server.port}`, "Ada");
  await page.waitForLoadState("networkidle");
  const sizes = new Map<string, number>();
  for (const [extension, bytes] of await Promise.all(requests)) {
    sizes.set(extension, (sizes.get(extension) ?? 0) + bytes);
  }
  await page.context().close();
  return sizes;
}

/** The median cost of 1,000 messages: in the frame that joins the room, and arriving live. */
async function measureTime(): Promise<{ join: Cost; live: Cost }> {
  const joins: Cost[] = [];
  const lives: Cost[] = [];
  for (let run = 0; run < RUNS; run++) {
    await using server = await TestServer.start({ "CHAT_JOIN_HISTORY": String(MESSAGES) });
    server.fill("lobby", MESSAGES);
    const page = await (await openBrowser()).newPage();
    await page.addInitScript(watch);
    await enter(page, server.url, "Ada");
    await page.getByText(`message ${MESSAGES}`, { exact: true }).waitFor();
    joins.push(await takeCost(page));
    server.fill("lobby", MESSAGES, MESSAGES + 1);
    await page.getByText(`message ${2 * MESSAGES}`, { exact: true }).waitFor();
    lives.push(await takeCost(page));
    await page.context().close();
  }
  return { join: median(joins), live: median(lives) };
}

/** The JavaScript heap of a page, without garbage, after it has seen many messages come. */
async function measureHeap(): Promise<number> {
  await using server = await TestServer.start();
  const page = await (await openBrowser()).newPage();
  await enter(page, server.url, "Ada");
  for (let from = 1; from < HEAP_MESSAGES; from += 100) {
    server.fill("lobby", 100, from);
    await page.getByText(`message ${from + 99}`, { exact: true }).waitFor();
  }
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.enable");
  // What one collection frees may keep something else alive until the next one.
  for (let i = 0; i < 4; i++) await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await page.context().close();
  return usedSize;
}

/** Runs in the page before its code, and measures the time of its handlers. */
function watch(): void {
  const cost = { reduce: 0, draw: 0 };
  Object.assign(globalThis, { cost });
  const listen = WebSocket.prototype.addEventListener;
  WebSocket.prototype.addEventListener = function (
    type: string,
    listener: EventListenerOrEventListenerObject,
  ): void {
    listen.call(this, type, (event) => {
      const start = performance.now();
      if (typeof listener === "function") listener.call(this, event);
      if (type === "message") cost.reduce += performance.now() - start;
    });
  };
  const request = globalThis.requestAnimationFrame.bind(globalThis);
  globalThis.requestAnimationFrame = (callback) =>
    request((time) => {
      const start = performance.now();
      callback(time);
      // Asking for a size makes the browser lay out what was drawn.
      document.body.getBoundingClientRect();
      cost.draw += performance.now() - start;
    });
}

/** The cost since the last call. */
async function takeCost(page: Page): Promise<Cost> {
  return await page.evaluate(() => {
    const { cost } = globalThis as unknown as { cost: { reduce: number; draw: number } };
    const taken = { ...cost };
    Object.assign(cost, { reduce: 0, draw: 0 });
    return taken;
  });
}

/** The median by the sum of both. */
function median(costs: readonly Cost[]): Cost {
  return middle(costs, ({ reduce, draw }) => reduce + draw) ?? { reduce: NaN, draw: NaN };
}

/** The one in the middle by what it takes. */
function middle<T>(values: readonly T[], msOf: (value: T) => number): T | undefined {
  return values.toSorted((a, b) => msOf(a) - msOf(b))[values.length >> 1];
}

/** The median, and the bounds between which all are. */
function describeLoading(loadings: readonly Loading[]): string {
  const times = loadings.map(({ ms }) => ms);
  const [least, most] = [Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed(0));
  const { ms = NaN, completeMs = NaN, requests = NaN, bytes = NaN } =
    middle(loadings, ({ ms }) => ms) ?? {};
  return `${ms.toFixed(0)} ms (${least} to ${most}), all modules run after ` +
    `${completeMs.toFixed(0)} ms; ${requests} requests, ${
      (bytes / 1024).toFixed(1)
    } KiB with headers`;
}

function describe({ reduce, draw }: Cost): string {
  const [total, ...parts] = [reduce + draw, reduce, draw].map((ms) => ms.toFixed(1));
  return `${total} ms (reduce ${parts[0]}, draw ${parts[1]})`;
}

// Browsers accept Brotli only in secure contexts: over HTTPS, and on localhost.
for (const [encoding, hostname] of [["br", "127.0.0.1"], ["gzip", PLAIN_HOST]] as const) {
  const sizes = await measureSize(hostname);
  const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  const parts = [...sizes].map(([extension, bytes]) => `${extension} ${bytes}`).join(", ");
  console.log(`Over the network, ${encoding}: ${(total / 1024).toFixed(1)} KiB (${parts} bytes)`);
}
const starts: number[] = [];
const firsts: Loading[] = [];
const reloads: Loading[] = [];
for (let run = 0; run < RUNS; run++) {
  starts.push(await measureStart());
  const { first, reload } = await measureLoading(ROUND_TRIP_MS);
  firsts.push(first);
  reloads.push(reload);
}
console.log(`Start to first answer: ${middle(starts, (ms) => ms)?.toFixed(0)} ms`);
console.log(`At a round trip of ${ROUND_TRIP_MS} ms:`);
console.log(`- first visit to the form for a name: ${describeLoading(firsts)}`);
console.log(`- reload to being online: ${describeLoading(reloads)}`);
const { join, live } = await measureTime();
console.log(`${MESSAGES} messages on joining: ${describe(join)}`);
console.log(`${MESSAGES} messages live: ${describe(live)}`);
const heaps: number[] = [];
for (let run = 0; run < RUNS; run++) heaps.push(await measureHeap());
const heap = heaps.toSorted((a, b) => a - b)[RUNS >> 1] ?? NaN;
console.log(`Heap after ${HEAP_MESSAGES} messages: ${(heap / 1024).toFixed(0)} KiB`);
await closeBrowser();
