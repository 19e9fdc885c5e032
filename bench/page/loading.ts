/// <reference lib="dom" />

/**
 * The loading time of the page from a server that is a round trip away.
 *
 * @module
 */

import { isOnline, nameField, openBrowser, type Page } from "../../tests/browser/browser.ts";
import { ANY_PORT, serverArgs, ServerProcess } from "../../tests/support/server_process.ts";
import { HOST } from "../../tests/support/tcp_connection.ts";
import { LongLine } from "./long_line.ts";

/** What it takes to load the page. */
export interface Loading {
  /** When what was waited for was there, in milliseconds since the navigation began. */
  readonly ms: number;
  /** When all of the page's modules had run. */
  readonly completeMs: number;
  readonly requests: number;
  readonly bytes: number;
}

/** A visit of somebody new, up to the form for a name, and a reload, up to being online. */
export async function measureLoading(
  roundTripMs: number,
): Promise<{ first: Loading; reload: Loading }> {
  await using server = await ServerProcess.start({ environment: ANY_PORT });
  await using line = await LongLine.open(await server.port(), roundTripMs);
  const page = await (await openBrowser()).newPage();
  await page.addInitScript(watch);
  await page.goto(`http://${HOST}:${line.port}`);
  await nameField(page).waitFor();
  const first = await take(page, line, "named");
  await nameField(page).fill("Ada");
  await page.keyboard.press("Enter");
  await isOnline(page);
  // The service worker and its files are there.
  await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration())?.active);
  line.reset();
  await page.reload();
  await isOnline(page);
  const reload = await take(page, line, "online");
  await page.context().close();
  return { first, reload };
}

/** Starts a server and asks for the page. Returns how long that took, in milliseconds. */
export async function measureStart(): Promise<number> {
  const args = await serverArgs();
  const start = performance.now();
  await using server = await ServerProcess.start({ environment: ANY_PORT, args });
  await (await fetch(`http://${HOST}:${await server.port()}`)).body?.cancel();
  return performance.now() - start;
}

/** Runs in the page, before its code: notes when the form for a name is there, and being online. */
function watch(): void {
  const seen: Record<string, number> = {};
  Object.assign(globalThis, { seen });
  const look = (): void => {
    if (document.querySelector("#name-dialog[open]")) seen["named"] ??= performance.now();
    for (const { textContent } of document.querySelectorAll("[role=status]")) {
      if (textContent?.trim() === "Online") seen["online"] ??= performance.now();
    }
  };
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    characterData: true,
  });
}

async function take(page: Page, line: LongLine, what: "named" | "online"): Promise<Loading> {
  await page.waitForLoadState("load");
  const [ms = NaN, completeMs = NaN] = await page.evaluate((what) => {
    const { seen } = globalThis as unknown as { seen: Record<string, number> };
    const [navigation] = performance.getEntriesByType("navigation");
    const isTimed = navigation instanceof PerformanceNavigationTiming;
    return [seen[what], isTimed ? navigation.domContentLoadedEventEnd : NaN];
  }, what);
  return { ms, completeMs, requests: line.requests, bytes: line.receivedBytes };
}
