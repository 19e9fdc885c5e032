/// <reference lib="dom" />

import { assertEquals } from "@std/assert";
import {
  browserTest,
  closeBrowser,
  enter,
  eventually,
  hasTexts,
  isSeenTyping,
  messages,
  type Page,
  say,
  textsOf,
} from "./browser.ts";

Deno.test.afterAll(closeBrowser);

/** Texts that would call `pwned`, make a request, or change the layout, if the page allowed it. */
const HOSTILE = [
  "<script>pwned()</script>",
  "<img src=x onerror=pwned()>",
  '"><svg onload=pwned()>',
  "<svg><script>pwned()</script>",
  "<iframe src=javascript:pwned()>",
  "<body onload=pwned()>",
  "<a href=javascript:pwned()>x</a>",
  "javascript:pwned()",
  "JaVaScRiPt://%0apwned()",
  "data:text/html,<script>pwned()</script>",
  "vbscript:pwned()",
  "<style>@import'/evil'</style>",
  "<link rel=stylesheet href=/evil>",
  "<base href=//evil.test>",
  "<meta http-equiv=refresh content=0>",
  "<form action=/evil><input autofocus onfocus=pwned()>",
  "<details open ontoggle=pwned()>",
  "<video><source onerror=pwned()>",
  "<math><mtext><mglyph><style><img>",
  "<template><img src=/evil></template>",
  "</textarea><script>pwned()</script>",
  "<!--><img src=/evil>-->",
  "{{constructor.constructor('pwned()')()}}",
  "${pwned()}",
  "`<img src=/evil>`",
  "```html\n<img src=/evil>\n```",
  'http://a"onmouseover="pwned()',
  "http://x/<img/src=/evil>",
  "&lt;img src=/evil&gt;",
  "__proto__",
  "' onclick='pwned()",
  "\u202Egnp.exe\u2066<b>",
];

browserTest("page shows hostile texts and names as they are", async ({ newPage, serve }) => {
  const server = await serve();
  const page = await newPage();
  await enter(page, server.url, "Ada");
  const requests = watchRequests(page);

  // The server would refuse some of these names; the page must not depend on that.
  for (const [i, text] of HOSTILE.entries()) {
    await server.sayElsewhere("lobby", { id: `hostile${i}`, name: text }, text);
  }
  await eventually(async () => assertEquals(await messages(page).count(), HOSTILE.length));
  for (const text of HOSTILE) {
    const name = messages(page).getByText(text, { exact: true });
    await eventually(async () => assertEquals(await name.count() > 0, true, text));
  }
  assertEquals(await foundIn(page), []);
  assertEquals(requests, []);
});

browserTest("page shows hostile texts of its own user as they are", async ({ newPage, serve }) => {
  const { url } = await serve();
  const [ada, bob] = [await newPage(), await newPage()];
  await enter(ada, url, "<img src=/evil onerror=pwned()>");
  await enter(bob, `${url}/r/lobby?x=<script>pwned()</script>#<img src=/evil>`, "Bob");
  const requests = [watchRequests(ada), watchRequests(bob)];
  for (const text of HOSTILE) await say(ada, text);
  await eventually(async () => assertEquals((await textsOf(bob)).length, HOSTILE.length));
  await hasTexts(ada, await textsOf(bob));
  await isSeenTyping(ada, "<img src=/evil onerror=pwned()>", bob);
  assertEquals([await foundIn(ada), await foundIn(bob)], [[], []]);
  assertEquals(requests, [[], []]);
});

/** The requests that the page makes from now on, with those that the policy blocks. */
function watchRequests(page: Page): string[] {
  const requests: string[] = [];
  page.on("request", (request) => {
    // The service worker's files, once after the page has loaded.
    if (!/offline|\/sw\.js$/.test(request.url())) requests.push(request.url());
  });
  page.on("dialog", (dialog) => requests.push(`dialog: ${dialog.message()}`));
  return requests;
}

/** Elements, attributes and links in the page that only injected markup would make. */
async function foundIn(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const evil = "script:not([src^='/']), style, link[href*=evil], iframe, object, embed, base, " +
      "img[src*=evil], img[src=x], video, math, details[open], template, meta[http-equiv], " +
      "form[action], [srcdoc], log b";
    const found = [...document.querySelectorAll(evil)].map((each) => each.outerHTML);
    for (const each of document.querySelectorAll("*")) {
      for (const { name } of each.attributes) if (name.startsWith("on")) found.push(each.outerHTML);
    }
    for (const { href, protocol } of document.querySelectorAll("a")) {
      if (href !== "" && protocol !== "http:" && protocol !== "https:") found.push(href);
    }
    if ("pwned" in globalThis) found.push("pwned");
    return found;
  });
}
