import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/**
 * The folders of the server, the lowest first. A file may import from its own folder and from the
 * layers below; the files beside the folders are named `hub` and `mod`.
 */
const LAYERS: readonly (readonly string[])[] = [
  ["text"],
  ["protocol"],
  ["config"],
  ["limits", "metrics"],
  ["runtime"],
  ["room"],
  ["broker"],
  ["nodes"],
  ["commands"],
  ["hub"],
  ["http"],
  ["mod"],
];

/** Where `Deno` is used. In `mod` it is but a type. */
const EDGES = /^(main\.ts|chat\/mod\.ts|chat\/(http|runtime|broker)\/)/;

const MAX_LINES = 400;

/** A table that a program has made. */
const TOO_LONG = ["chat/text/confusables.ts"];

/** A source file. */
interface Source {
  readonly path: string;
  readonly text: string;
  /** The text without comments. */
  readonly code: string;
}

function read(path: string): Source {
  const text = Deno.readTextFileSync(new URL(path, ROOT));
  return { path, text, code: text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "") };
}

/** The files below a folder whose names end in one of the extensions. */
function readFolder(folder: string, extension: RegExp): Source[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))]
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap(({ name, isDirectory }) => {
      const path = `${folder}/${name}`;
      if (isDirectory) return readFolder(path, extension);
      return extension.test(name) ? [read(path)] : [];
    });
}

/** What a file imports or re-exports, statically or not; types as well as values. */
function specifiersIn({ code }: Source): string[] {
  const clauses = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g;
  return [...code.matchAll(clauses)].map((match) => match[1] ?? "");
}

/** The files of this project that a file imports, as paths. */
function importsOf(source: Source): string[] {
  return specifiersIn(source).filter((each) => each.startsWith("."))
    .map((each) => new URL(each, new URL(source.path, ROOT)).href.slice(ROOT.href.length));
}

/** The folder of a file in `chat/`, or what stands for it. */
function folderOf(path: string): string {
  const [, folder = "", file] = path.split("/");
  if (file !== undefined) return folder;
  return folder === "mod.ts" ? "mod" : "hub";
}

const chat = readFolder("chat", /\.ts$/);
const main = read("main.ts");
const all = [main, ...chat];

/** The paths of the files whose code matches. */
const matching = (sources: readonly Source[], pattern: RegExp): string[] =>
  sources.filter(({ code }) => pattern.test(code)).map(({ path }) => path);

Deno.test("folders: every folder of chat/ has its layer", () => {
  const folders = new Set(chat.map(({ path }) => folderOf(path)));
  assertEquals([...folders].sort(), LAYERS.flat().sort());
});

for (const [height, folders] of LAYERS.entries()) {
  for (const folder of folders) {
    Deno.test(`folders: ${folder} imports from itself and from the layers below`, () => {
      const allowed = [folder, ...LAYERS.slice(0, height).flat()];
      const wrong = chat.filter(({ path }) => folderOf(path) === folder).flatMap((source) =>
        importsOf(source)
          .filter((each) => each !== "deno.json" && !allowed.includes(folderOf(each)))
          .map((each) => `${source.path} imports ${each}`)
      );
      assertEquals(wrong, []);
    });
  }
}

/** The folders of the page, the lowest first. */
const PAGE_LAYERS = ["client", "model", "browser", "view"];

for (const [height, folder] of PAGE_LAYERS.entries()) {
  Deno.test(`folders: ${folder} of the page imports from itself and from the layers below`, () => {
    const allowed = PAGE_LAYERS.slice(0, height + 1).map((each) => `static/${each}/`);
    const wrong = readFolder(`static/${folder}`, /\.js$/).flatMap((source) =>
      importsOf(source)
        .filter((each) => !allowed.some((prefix) => each.startsWith(prefix)))
        .map((each) => `${source.path} imports ${each}`)
    );
    assertEquals(wrong, []);
  });
}

Deno.test("folders: no file of chat/ imports itself by way of others", () => {
  const importsByPath = new Map(chat.map((source) => [source.path, importsOf(source)]));
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    assert(!way.includes(path), [...way, path].join(" imports "));
    if (done.has(path)) return;
    for (const each of importsByPath.get(path) ?? []) visit(each, [...way, path]);
    done.add(path);
  };
  for (const { path } of chat) visit(path, []);
});

Deno.test("folders: nothing of the server or the page comes from npm", () => {
  const sources = [...all, ...readFolder("static", /\.js$/)];
  const { imports } = JSON.parse(read("deno.json").text);
  const specifiers = [...sources.flatMap(specifiersIn), ...Object.values<string>(imports)];
  assertEquals(specifiers.filter((each) => each.startsWith("npm:")), []);
});

Deno.test("folders: the server imports its own files, built-ins and two packages of @std", () => {
  const { imports } = JSON.parse(read("deno.json").text);
  for (const [name, specifier] of Object.entries<string>(imports)) {
    assert(/^jsr:@std\/\w+@\d+\.\d+\.\d+$/.test(specifier), `${name} is ${specifier}`);
  }
  const fallback = Object.keys(JSON.parse(read("chat/std_from_npm.json").text).imports);
  const specifiers = [...all, read("backup.ts"), read("health.ts")].flatMap(specifiersIn)
    // Not the imports that modules.ts finds and writes.
    .filter((each) => !/[($]/.test(each));
  const packages = specifiers.filter((each) => !/^(?:\.{1,2}\/|node:)/.test(each));
  assertEquals(packages.filter((each) => !/^@std\/(?:http\/|ulid$)/.test(each)), []);
  assertEquals(packages.filter((each) => !fallback.includes(each)), []);
});

Deno.test("folders: Deno is used at the edges alone", () => {
  assertEquals(matching(all, /\bDeno\./).filter((path) => !EDGES.test(path)), []);
});

Deno.test("folders: Deno is but a type in chat/mod.ts", () => {
  const { code = "" } = chat.find(({ path }) => path === "chat/mod.ts") ?? {};
  assertEquals(code.match(/(?<!: )\bDeno\.\w+/g), null);
});

Deno.test("folders: Deno.env is read in main.ts alone", () => {
  assertEquals(matching(all, /\bDeno\.env\b|\bprocess\.env\b/), ["main.ts"]);
});

Deno.test("folders: Date.now is taken in main.ts alone, and passed on", () => {
  assertEquals(matching(all, /\bDate\.now\b|\bnew Date\(\)/), ["main.ts"]);
});

Deno.test("folders: performance.now is taken in chat/runtime/timers.ts alone, and passed on", () => {
  assertEquals(matching(all, /\bperformance\.now\b/), ["chat/runtime/timers.ts"]);
});

Deno.test("folders: Math.random is but a default in chat/mod.ts", () => {
  assertEquals(matching(all, /\bMath\.random\b/), ["chat/mod.ts"]);
  assertEquals(matching(chat, /(?<!\brandom = )\bMath\.random\b|\bMath\.random\(/), []);
});

Deno.test(`folders: every file of the server and the page has at most ${MAX_LINES} lines`, () => {
  const files = [...all, ...readFolder("static", /\.(?:js|html)$/)];
  const lengths = files.filter(({ path }) => !TOO_LONG.includes(path))
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
  assertEquals(lengths.filter(({ lines }) => lines > MAX_LINES), []);
});
