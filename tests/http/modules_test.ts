import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { joinModules } from "../../chat/http/modules.ts";

/** Writes files to a new folder, which is removed when the test ends. */
async function writeFolder(
  files: Iterable<[path: string, code: string]>,
): Promise<AsyncDisposable & { url: string }> {
  const folder = await Deno.makeTempDir();
  for (const [path, code] of files) {
    await Deno.mkdir(`${folder}/${path.slice(0, path.lastIndexOf("/") + 1)}`, { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, code);
  }
  return {
    url: `file://${folder}/`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

const join = (modules: Record<string, string>): Map<string, string> =>
  joinModules(new Map(Object.entries(modules)), "app.js");

const MODULES = {
  "app.js": `import { double as twice, NAMES } from "./model/numbers.js";
import { count } from "./model/count.js";
import { urlOf } from "./view/place.js";
count();
export async function results() {
const { more } = await import("./later.js");
return [twice(4), NAMES, more(), urlOf(), await urlOf.load()];
}
`,
  "later.js": `import { count } from "./model/count.js";
import {
Counter,
NAMES,
twice,
} from "./model/counter.js";
export function more() { return [count(), twice(1), NAMES, new Counter().next(), new URL("x.css", import.meta.url).pathname.split("/").at(-1)]; }
`,
  "model/count.js": `let calls = 0;
export function count() { return ++calls; }
`,
  "model/counter.js": `import * as numbers from "./numbers.js";
export {
double as twice,
NAMES,
} from "./numbers.js";
export class Counter { next() { return numbers.double(8); } }
`,
  "model/numbers.js": `export const NAMES = ["one"];
export function double(number) { return 2 * number; }
export async function nothing() {}
export function* none() {}
`,
  "model/table.js": `import { count } from "./count.js";
import { double } from "./numbers.js";
export const TABLE = [double(1), count()];
`,
  "view/place.js": `export function urlOf() { return new URL("../icon.svg", import.meta.url).href; }
urlOf.load = async () => (await import("../model/table.js")).TABLE;
`,
};

Deno.test("joinModules() keeps what modules do, each of them run once", async () => {
  const files = join(MODULES);
  assertEquals([...files.keys()], ["app.js", "model/table.js", "later.js"]);
  await using folder = await writeFolder(files);
  const { results } = await import(`${folder.url}app.js`);
  const icon = `${folder.url}icon.svg`;
  assertEquals(await results(), [8, ["one"], [2, 2, ["one"], 16, "x.css"], icon, [2, 3]]);
});

Deno.test("joinModules() puts a module into the first file that needs it, and into no other", () => {
  const files = join(MODULES);
  const places = [...files].map((
    [path, code],
  ) => [path, code.match(/^const [\w$]+(?= = \(\(\))/gm)]);
  assertEquals(places, [
    ["app.js", ["const model$numbers", "const model$count", "const view$place"]],
    ["model/table.js", null],
    ["later.js", ["const model$counter"]],
  ]);
  assertStringIncludes(files.get("model/table.js") ?? "", 'from "../app.js";');
});

Deno.test("joinModules() refuses what it can't join, and says where it stands", () => {
  const table: [modules: Record<string, string>, message: string][] = [
    [{}, "Cannot join app.js as it is missing"],
    [{ "app.js": 'import { a } from "./a.js";' }, "Cannot join a.js as it is missing"],
    [
      { "app.js": 'import a from "./a.js";' },
      'Cannot join app.js: import a from "./a.js";',
    ],
    [{ "app.js": 'import "./a.js";' }, 'Cannot join app.js: import "./a.js";'],
    [{ "app.js": "export default 1;" }, "Cannot join app.js: export default 1;"],
    [
      { "app.js": 'import { a } from "./a.js";', "a.js": "export let a = 1;" },
      "Cannot join a.js: export let a = 1;",
    ],
    [
      {
        "app.js": 'import { a } from "./a.js";',
        "a.js": 'import { b } from "./b.js";',
        "b.js": 'import { a } from "./a.js";',
      },
      "Cannot join modules that import each other: app.js, a.js, b.js",
    ],
    [
      { "app.js": 'import { a } from "./a.js";\nimport("./a.js");', "a.js": "export const a = 1;" },
      "Cannot import a.js at run time, too",
    ],
  ];
  for (const [modules, message] of table) assertThrows(() => join(modules), SyntaxError, message);
});
