import { assertEquals } from "@std/assert";
import { eventually, Line, TestServer } from "./browser.ts";
import { ENTER, findWebKitNeed, WebKit } from "./webdriver.ts";

const need = findWebKitNeed();
const name = "page lets people talk in WebKit, across a reload and a restart of the server";

Deno.test({
  name: need === undefined ? name : `${name} (needs ${need})`,
  ignore: need !== undefined,
  async fn() {
    await using first = await TestServer.start();
    await using second = await TestServer.start();
    await using line = new Line(first.port);
    await using webkit = await WebKit.open();
    const has = async (script: string, value: unknown) =>
      await eventually(async () => assertEquals(await webkit.evaluate(script), value), 60_000);
    const isOnline = async () => {
      await has(STATUS, "Online");
      // Both parts of the page run.
      await has(`return document.body.className`, "whole");
    };

    // A first visit, in a room with messages.
    first.fill("garden", 2);
    await webkit.go(`${line.url}/r/garden`);
    await has(`return document.querySelector("#name-dialog").open`, true);
    await webkit.type("#name", `Ada${ENTER}`);
    await isOnline();
    await has(TEXTS, ["message 1", "message 2"]);
    await webkit.evaluate(COLLECT_ERRORS);
    await webkit.type("#message", `from Safari's engine${ENTER}`);
    await has(TEXTS, ["message 1", "message 2", "from Safari's engine"]);
    await has(SENDING, 0);
    await has(ERRORS, []);

    await webkit.reload();
    await isOnline();
    await has(TEXTS, ["message 1", "message 2", "from Safari's engine"]);
    await webkit.evaluate(COLLECT_ERRORS);

    // A message that was sent without a server arrives at the next one.
    line.cut();
    await has(STATUS, "Offline");
    await webkit.type("#message", `while away${ENTER}`);
    await has(SENDING, 1);
    line.lead(second.port);
    await isOnline();
    await has(SENDING, 0);
    await has(TEXTS, ["message 1", "message 2", "from Safari's engine", "while away"]);
    await has(ERRORS, []);
  },
});

const STATUS = `return document.querySelector("#status").textContent.trim()`;
const TEXTS = `return Array.from(document.querySelectorAll("#log article .text"), (text) =>
  text.textContent)`;
const SENDING = `return document.querySelectorAll("#log article.sending").length`;
const ERRORS = `return globalThis.errors`;
const COLLECT_ERRORS = `globalThis.errors = [];
  addEventListener("error", ({ message }) => errors.push(message));
  addEventListener("unhandledrejection", ({ reason }) => errors.push(String(reason)));
  addEventListener("securitypolicyviolation", ({ blockedURI }) => errors.push(blockedURI));`;
