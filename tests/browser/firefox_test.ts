/**
 * The browser tests in which engines differ most, in Firefox. `deno task test:firefox` runs them all
 * there.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { useEngine } from "./browser.ts";

const unknownNames = useEngine("firefox", [
  // 20 s on any machine.
  "page sends all, once and in order, after the server was killed",
  // Decided by the page's pure parts.
  "page waits by itself after a rate_limited error",
  "page shows how many messages it has caught up",
  "page shows a gap in the place of lost messages",
  // Firefox has done the same as Chromium whenever all browser tests ran in both.
  "page breaks the line on Shift+Enter and sends on Enter",
  "page keeps messages that were sent offline when it is closed",
  "page treats a proxy without its server as offline",
  "page and offline page are new after an update of the server",
  "page counts two tabs of a user as one member",
]);
// Imported after the engine is chosen: a file registers its tests as it is loaded.
await import("./chat_test.ts");
await import("./offline_test.ts");

Deno.test("tests that are left out in Firefox have the names of tests", () => {
  assertEquals(unknownNames(), []);
});
