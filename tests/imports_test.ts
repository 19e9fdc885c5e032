import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/** What each file of `chat/` imports: other files by their name, modules by their specifier. */
const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  acks: ["bytes"],
  addresses: ["limits"],
  assets: ["request_head", "node:crypto", "node:zlib", "@std/http/negotiation"],
  bus: ["protocol"],
  bus_broadcast_channel: ["bus", "node:timers"],
  bytes: [],
  characters: [],
  commands: [
    "bus",
    "config",
    "connection",
    "counts",
    "ids",
    "limits",
    "log",
    "names",
    "node:buffer",
    "protocol",
    "publisher",
    "room",
    "room_log",
    "rooms",
    "scheduler",
    "user_ids",
    "users",
  ],
  config: ["edit_distance", "host", "limits", "platform"],
  confusables: [],
  connection: ["addresses", "bytes", "cursor", "limits", "names", "protocol", "users"],
  counts: ["metrics", "protocol"],
  cursor: ["room_log"],
  edit_distance: [],
  env_file: [],
  garbage: ["node:v8", "node:vm"],
  handshake: [],
  history: [],
  host: [],
  http: [
    "../deno.json",
    "assets",
    "counts",
    "host",
    "hub",
    "log",
    "metrics",
    "names",
    "protocol",
    "request_head",
    "trust",
    "websocket",
  ],
  hub: [
    "acks",
    "addresses",
    "bus",
    "commands",
    "config",
    "connection",
    "counts",
    "ids",
    "limits",
    "log",
    "protocol",
    "publisher",
    "room",
    "rooms",
    "scheduler",
    "users",
  ],
  ids: ["@std/ulid"],
  limits: [],
  lines: [],
  listener: ["log"],
  log: ["config", "limits"],
  memory_pressure: [],
  metrics: [],
  mod: [
    "acks",
    "assets",
    "bus",
    "bus_broadcast_channel",
    "config",
    "env_file",
    "garbage",
    "http",
    "hub",
    "lines",
    "listener",
    "log",
    "memory_pressure",
    "platform",
    "protocol",
    "scheduler",
    "stop_signals",
    "websocket",
  ],
  names: ["characters", "scripts"],
  platform: [],
  presence: ["protocol"],
  protocol: [],
  publisher: [
    "acks",
    "bus",
    "config",
    "connection",
    "counts",
    "ids",
    "names",
    "protocol",
    "room",
    "rooms",
    "scheduler",
    "texts",
  ],
  request_head: [],
  room: ["counts", "cursor", "presence", "protocol", "room_log"],
  room_log: ["bytes", "history", "protocol"],
  rooms: ["limits", "protocol", "room"],
  scheduler: ["connection", "metrics", "protocol", "room", "node:timers"],
  scripts: [],
  skeletons: ["confusables"],
  stop_signals: [],
  texts: ["characters"],
  trust: ["host", "node:crypto"],
  user_ids: ["node:crypto"],
  users: ["protocol", "room", "skeletons"],
  websocket: [
    "addresses",
    "connection",
    "counts",
    "handshake",
    "hub",
    "log",
    "protocol",
    "request_head",
    "trust",
    "node:buffer",
  ],
};

/** The files that touch the world, as paths. Adapters of the bus and the store may, too. */
const EDGES = /^(main|chat\/(websocket|http|assets|listener|mod|(bus|store)_\w+))\.ts$/;

const MAX_LINES = 400;

/** A source file: its path from the root, and its code. */
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

function readFolder(folder: string, extension: string): Source[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))]
    .map(({ name }) => name)
    .filter((name) => name.endsWith(extension))
    .sort()
    .map((name) => read(`${folder}/${name}`));
}

/** What a file imports or re-exports, statically or not; types as well as values. */
function specifiersIn({ code }: Source): string[] {
  const clauses = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g;
  const specifiers = [...code.matchAll(clauses)].map((match) => match[1] ?? "");
  return [...new Set(specifiers.map((each) => each.replace(/^\.\/(\w+)\.ts$/, "$1")))].sort();
}

const chat = readFolder("chat", ".ts");
const main = read("main.ts");

/** The paths of the files whose code matches. */
const matching = (sources: readonly Source[], pattern: RegExp): string[] =>
  sources.filter(({ code }) => pattern.test(code)).map(({ path }) => path);

Deno.test("imports: the table names the files that there are", () => {
  const names = chat.map(({ path }) => path.replace(/^chat\/(\w+)\.ts$/, "$1"));
  assertEquals(names, Object.keys(IMPORTS).sort());
});

for (const source of chat) {
  Deno.test(`imports: ${source.path} has those that the table allows`, () => {
    const name = source.path.replace(/^chat\/(\w+)\.ts$/, "$1");
    assertEquals(specifiersIn(source), [...IMPORTS[name] ?? []].sort());
  });
}

Deno.test("imports: no file of the server takes anything from npm", () => {
  const sources = [main, ...chat, ...readFolder("static", ".js")];
  const fromNpm = sources.flatMap(specifiersIn).filter((each) => each.startsWith("npm:"));
  assertEquals(fromNpm, []);
});

Deno.test("imports: deno.json takes nothing from npm", () => {
  const { imports } = JSON.parse(read("deno.json").text);
  const fromNpm = Object.values<string>(imports).filter((each) => each.startsWith("npm:"));
  assertEquals(fromNpm, []);
});

Deno.test("Deno is used at the edges alone", () => {
  const elsewhere = matching([main, ...chat], /\bDeno\./).filter((path) => !EDGES.test(path));
  assertEquals(elsewhere, []);
});

Deno.test("Deno is but a type in chat/mod.ts", () => {
  const { code = "" } = chat.find(({ path }) => path === "chat/mod.ts") ?? {};
  assertEquals(code.match(/(?<!: )\bDeno\.\w+/g), null);
});

Deno.test("Deno.env is read in main.ts alone", () => {
  assertEquals(matching([main, ...chat], /\bDeno\.env\b|\bprocess\.env\b/), ["main.ts"]);
});

Deno.test("Date.now is taken in main.ts alone, and passed on", () => {
  assertEquals(matching([main, ...chat], /\bDate\.now\b|\bnew Date\(\)/), ["main.ts"]);
});

Deno.test("performance.now is taken in chat/scheduler.ts alone, and passed on", () => {
  assertEquals(matching([main, ...chat], /\bperformance\.now\b/), ["chat/scheduler.ts"]);
});

Deno.test("Math.random is but a default in chat/mod.ts", () => {
  assertEquals(matching([main, ...chat], /\bMath\.random\b/), ["chat/mod.ts"]);
  assertEquals(matching(chat, /(?<!\brandom = )\bMath\.random\b|\bMath\.random\(/), []);
});

for (const { path, text } of chat) {
  // A table that a program has made.
  if (path === "chat/confusables.ts") continue;
  Deno.test(`${path} has at most ${MAX_LINES} lines`, () => {
    const lines = text.split("\n").length - 1;
    assert(lines <= MAX_LINES, `${lines} lines`);
  });
}
