/**
 * The most important browser tests, in Firefox. `deno task test:firefox` runs all of them there.
 *
 * @module
 */

import { useEngine } from "./browser.ts";

// It takes 20 s on any machine.
useEngine("firefox", ["page sends all, once and in order, after the server was killed"]);
// Imported after the engine is chosen: a file registers its tests as it is loaded.
await import("./chat_test.ts");
await import("./rooms_test.ts");
await import("./offline_test.ts");
await import("./outage_test.ts");
