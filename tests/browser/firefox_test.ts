/**
 * The browser tests in which engines differ most, in Firefox. `deno task test:firefox` runs them all
 * there.
 *
 * @module
 */

import { useEngine } from "./browser.ts";

useEngine("firefox", [
  // 20 s on any machine.
  "page sends all, once and in order, after the server was killed",
  // Decided by the page's pure parts.
  "page waits by itself when it is told that it sends too fast",
  "page tells how many messages it caught up with",
  "page shows a gap where messages are lost",
  "page says that a name is taken and offers a free one",
  "page leaves Alt with an arrow to the cursor on macOS, and says so",
  "page says that too many connections come from there",
  "page leaves a line in the log when somebody takes another name",
]);
// Not before the engine is chosen: a file registers its tests as it is loaded.
await import("./chat_test.ts");
await import("./rooms_test.ts");
await import("./offline_test.ts");
await import("./outage_test.ts");
