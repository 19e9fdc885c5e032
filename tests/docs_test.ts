import { assertEquals, assertLessOrEqual } from "@std/assert";
import { Metrics } from "../chat/metrics/metrics.ts";
import { CloseCode } from "../chat/protocol/types.ts";
import { parseConfig } from "../chat/config/config.ts";
import project from "../deno.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url);
const MAX_README_LINES = 120;

/** Variables of the environment that are none of the server's. */
const FOREIGN_VARIABLES = ["CHAT_SERVICE_HOST"];

/** The documents by their paths. */
const DOCUMENTS = new Map(
  ["README.md", "CONTRIBUTING.md", ...filesOf("docs").filter((path) => path.endsWith(".md"))]
    .map((path) => [path, read(path)]),
);

/** All documents as one text. */
const TEXT = [...DOCUMENTS.values()].join("\n");

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** The paths of the files below a folder. */
function filesOf(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? filesOf(path) : [path];
  });
}

function exists(url: URL): boolean {
  try {
    Deno.statSync(url);
    return true;
  } catch {
    return false;
  }
}

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, "code");
}

/** The targets of a document's links and images. */
function linksOf(text: string): string[] {
  const matches = withoutCode(text).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g);
  return matches.map(([, markdown, html]) => markdown ?? html ?? "").toArray();
}

/** The anchors of a document's headings, made as GitHub does it. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replace(/^```.*?^```/gms, "").matchAll(/^#+ +(.+)$/gm);
  const anchors = new Set<string>();
  for (const [, heading = ""] of headings) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "").replaceAll(" ", "-");
    let unique = anchor;
    for (let i = 1; anchors.has(unique); i++) unique = `${anchor}-${i}`;
    anchors.add(unique);
  }
  return anchors;
}

/** The links of all documents that lead nowhere, as `document: target`. */
function brokenLinks(): string[] {
  const broken: string[] = [];
  for (const [path, text] of DOCUMENTS) {
    for (const link of linksOf(text)) {
      if (/^[a-z]+:/.test(link)) continue;
      const url = new URL(link, new URL(path, ROOT));
      const anchor = decodeURIComponent(url.hash.slice(1));
      const target = DOCUMENTS.get(decodeURIComponent(url.pathname.slice(ROOT.pathname.length)));
      const isAnchored = anchor === "" ||
        (target !== undefined && anchorsOf(target).has(anchor));
      if (!exists(url) || !isAnchored) broken.push(`${path}: ${link}`);
    }
  }
  return broken;
}

/** The names in the documents that a pattern finds and that are not among those that exist. */
function unknownNames(pattern: RegExp, known: readonly string[]): string[] {
  const names = new Set(TEXT.matchAll(pattern).map(([, name = ""]) => name));
  return [...names].filter((name) => !known.includes(name));
}

/** Whether the server reads a variable: it refuses to start with others of its prefix. */
function isVariable(name: string): boolean {
  try {
    parseConfig({ [name]: "1" });
    return true;
  } catch (error) {
    // Some need another one.
    return error instanceof RangeError &&
      !/^Cannot use .*(?:not supported|no such)/.test(error.message);
  }
}

Deno.test("README.md has at most 120 lines", () => {
  assertLessOrEqual(read("README.md").trimEnd().split("\n").length, MAX_README_LINES);
});

Deno.test("documents link only to files and headings that exist", () => {
  assertEquals(brokenLinks(), []);
});

Deno.test("README.md links to each document", () => {
  const linked = linksOf(read("README.md"));
  assertEquals([...DOCUMENTS.keys()].filter((path) => !linked.includes(path)), ["README.md"]);
});

Deno.test("documents name only tasks that exist", () => {
  assertEquals(unknownNames(/deno task (?:-q )?([a-z][\w:]*)/g, Object.keys(project.tasks)), []);
});

Deno.test("documents name only variables that exist", () => {
  const unknown = unknownNames(/\b(CHAT_[A-Z][A-Z_]*[A-Z])\b/g, FOREIGN_VARIABLES);
  assertEquals(unknown.filter((name) => !isVariable(name)), []);
});

Deno.test("documents name only tests that exist", () => {
  const known = filesOf("tests").map((path) => path.slice(path.lastIndexOf("/") + 1));
  assertEquals(unknownNames(/\b(\w+_test\.ts)\b/g, known), []);
});

Deno.test("documents name only metrics that exist", () => {
  const sources = filesOf("chat/metrics").map(read).join("\n");
  // The prefix is added to the names of all metrics but those of the process.
  const names = sources.matchAll(/"([a-z_]+)"/g).map(([, name = ""]) => name).toArray();
  const known = [...names, ...names.map((name) => `parley_${name}`)];
  assertEquals(unknownNames(/\b((?:parley|process)_[a-z_]+)/g, known), []);
});

Deno.test("protocol.md names each command, error code and close code", () => {
  const { commands, errors } = new Metrics();
  const names = [...Object.keys(commands), ...Object.keys(errors)].map((name) => `\`${name}\``);
  const codes = Object.values(CloseCode).map((code) => `| ${code} |`);
  const protocol = read("docs/protocol.md").replaceAll(/ +/g, " ");
  assertEquals([...names, ...codes].filter((each) => !protocol.includes(each)), []);
});

Deno.test("documents install the binary where the unit of systemd starts it", () => {
  const [, path] = /^ExecStart=(\S+)$/m.exec(read("docs/deployment/parley.service")) ?? [];
  const installed = TEXT.matchAll(/\binstall parley (\S+)/g).map(([, target]) => target).toArray();
  assertEquals([...new Set(installed)], [path]);
});

Deno.test("documents use no flag that the curl of older systems lacks", () => {
  assertEquals(TEXT.match(/\bcurl\b[^`]*?--json/g), null);
});

Deno.test("documents let nginx pass on the port of the host, which is part of an origin", () => {
  const configs = filesOf("docs").filter((path) => path.endsWith(".conf")).map(read);
  assertEquals([TEXT, ...configs].join("\n").match(/\$host\b/g), null);
});
