import { assert, assertEquals } from "@std/assert";

const folder = new URL("../../static/", import.meta.url);
const read = (name: string): Promise<string> => Deno.readTextFile(new URL(name, folder));
const html = await read("index.html");
const namesIn = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].flatMap(([, name]) => name ?? []);

/** Every module that a part of the page imports, directly or not. */
async function modulesOf(part: "app.js" | "later.js"): Promise<string[]> {
  const found = new Set<string>([part]);
  for (const module of found) {
    for (const specifier of namesIn(await read(module), /\bfrom "(\.{1,2}\/[\w./]+\.js)";/g)) {
      found.add(new URL(specifier, new URL(module, folder)).href.slice(folder.href.length));
    }
  }
  found.delete(part);
  return [...found].sort();
}

Deno.test("index.html loads all modules at once, instead of level by level", async () => {
  const preloaded = namesIn(html, /<link rel="modulepreload" href="\/([\w./]+)">/g);
  assertEquals(preloaded, await modulesOf("app.js"));
});

Deno.test("index.html has no inline script or style", () => {
  assert(!/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/.test(html));
});

Deno.test("no module makes markup from text", async () => {
  for (
    const name of [
      "app.js",
      "later.js",
      ...await modulesOf("app.js"),
      ...await modulesOf("later.js"),
    ]
  ) {
    const source = await read(name);
    assert(!/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/.test(source), name);
  }
});
