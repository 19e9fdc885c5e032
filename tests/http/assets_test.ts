import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
// deno-lint-ignore no-import-prefix -- a dependency of this test alone
import { tokenizer } from "npm:acorn@8.15.0";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import {
  type Asset,
  type Assets,
  createAssets,
  findAsset,
  loadAssets,
  readFolder,
  serveAsset,
} from "../../chat/http/assets.ts";

const TEXT = "All work and no play makes Jack a dull boy. ".repeat(40);
const BODY = new TextEncoder().encode(TEXT);

function createAsset(name: string, body: Uint8Array<ArrayBuffer>): Asset {
  return find(createAssets([[name, body]]), name);
}

function find(assets: Assets, path: string): Asset {
  const asset = findAsset(assets, path);
  if (asset === undefined) throw new Error(`There is no ${path}`);
  return asset;
}

/** The folder whose name is the hash of the files. */
function folderOf(files: Parameters<typeof createAssets>[0]): string {
  const path = [...createAssets(files).keys()].find((path) => path.includes("/")) ?? "";
  return path.slice(0, path.lastIndexOf("/") + 1);
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const text = (body: Uint8Array): string => new TextDecoder().decode(body);

function request(headers: HeadersInit = {}, method = "GET"): Request {
  return new Request("http://chat.example/style.css", { method, headers });
}

async function ask(
  asset: Asset,
  acceptEncoding: string | undefined,
  method = "GET",
): Promise<Response> {
  const headers = new Headers();
  if (acceptEncoding !== undefined) headers.set("accept-encoding", acceptEncoding);
  return await serveAsset(request(headers, method), asset);
}

const tagOf = async (asset: Asset, encoding: string): Promise<string> =>
  (await ask(asset, encoding)).headers.get("etag") ?? "";

const encodingOf = (response: Response): string =>
  response.headers.get("content-encoding") ?? "identity";

Deno.test("createAssets() knows the types of the page's files", async () => {
  const table: [name: string, type: string][] = [
    ["index.html", "text/html; charset=utf-8"],
    ["style.css", "text/css; charset=utf-8"],
    ["main.js", "text/javascript; charset=utf-8"],
    ["a.b.js", "text/javascript; charset=utf-8"],
    ["icon.svg", "image/svg+xml"],
    ["icon.png", "image/png"],
    ["favicon.ico", "image/x-icon"],
    ["app.webmanifest", "application/manifest+json"],
    ["data.json", "application/json"],
    ["robots.txt", "text/plain; charset=utf-8"],
    ["unknown.xyz", "application/octet-stream"],
    ["LICENSE", "application/octet-stream"],
  ];
  for (const [name, type] of table) {
    assertEquals(
      (await serveAsset(request(), createAsset(name, BODY))).headers.get("content-type"),
      type,
    );
  }
});

Deno.test("serveAsset() prefers Brotli, then gzip, among what the client accepts", async () => {
  const asset = createAsset("style.css", BODY);
  const table: [acceptEncoding: string | undefined, encoding: string][] = [
    [undefined, "identity"],
    ["identity", "identity"],
    ["deflate, zstd", "identity"],
    ["gzip, deflate, br, zstd", "br"],
    ["br", "br"],
    ["gzip", "gzip"],
    ["gzip;q=1, br;q=0.5", "br"],
    ["*", "br"],
    ["br;q=0", "identity"],
    ["br;q=0, gzip", "gzip"],
    ["br;q=0, gzip;q=0", "identity"],
    ["br;q=0.000, gzip;q=0.001", "gzip"],
    ["br;q=0, *", "gzip"],
    ["*;q=0", "identity"],
    ["gzip, *;q=0", "gzip"],
  ];
  for (const [acceptEncoding, encoding] of table) {
    assertEquals(encodingOf(await ask(asset, acceptEncoding)), encoding, acceptEncoding);
  }
});

Deno.test("serveAsset() compresses nothing without Accept-Encoding", async () => {
  assertEquals(encodingOf(await ask(createAsset("style.css", BODY), "")), "identity");
});

Deno.test("serveAsset() ignores an Accept-Encoding of more than 256 characters", async () => {
  const asset = createAsset("style.css", BODY);
  const table: [acceptEncoding: string, encoding: string][] = [
    [`${"x".repeat(252)}, br`, "br"],
    [`${"x".repeat(253)}, br`, "identity"],
    [`br${", x;q=0".repeat(10_000)}`, "identity"],
  ];
  for (const [acceptEncoding, encoding] of table) {
    assertEquals(encodingOf(await ask(asset, acceptEncoding)), encoding);
  }
});

Deno.test("serveAsset() gives the file in every encoding", async () => {
  const asset = createAsset("style.css", BODY);
  const decoders = {
    br: (bytes: Uint8Array): Uint8Array => brotliDecompressSync(bytes),
    gzip: (bytes: Uint8Array): Uint8Array => gunzipSync(bytes),
    identity: (bytes: Uint8Array): Uint8Array => bytes,
  };
  for (const [encoding, decode] of Object.entries(decoders)) {
    const response = await ask(asset, encoding);
    const bytes = new Uint8Array(await response.arrayBuffer());
    assertEquals(new TextDecoder().decode(decode(bytes)), TEXT, encoding);
    assertEquals(response.headers.get("content-length"), String(bytes.length));
  }
});

Deno.test("serveAsset() does not compress a file of a compressed or unknown type", async () => {
  for (const name of ["icon.png", "unknown.xyz"]) {
    const response = await ask(createAsset(name, BODY), "br, gzip");
    assertEquals(encodingOf(response), "identity");
    assertEquals(new Uint8Array(await response.arrayBuffer()), BODY);
  }
});

Deno.test("serveAsset() compresses a file when it is first asked for, and once", async () => {
  const assets = createAssets([["style.css", BODY]]);
  const asset = find(assets, "style.css");
  const { etag = "" } = Object.fromEntries((await ask(asset, "gzip, br")).headers);
  assertEquals([...asset.encoded.keys()], ["br"]);
  const compressed = asset.encoded.get("br");
  await ask(find(assets, `${folderOf([["style.css", BODY]])}style.css`), "br");
  assertStrictEquals(asset.encoded.get("br"), compressed);

  const other = createAsset("style.css", BODY);
  await ask(other, "identity");
  const known = await serveAsset(
    request({ "accept-encoding": "br", "if-none-match": etag }),
    other,
  );
  assertEquals([known.status, other.encoded.size], [304, 0]);
});

Deno.test("serveAsset() compresses one file in a turn of the event loop", async () => {
  const assets = ["log.css", "style.css", "print.css"].map((name) => createAsset(name, BODY));
  const responses = assets.map((asset) => ask(asset, "br"));
  const compressed = () => assets.map(({ encoded }) => encoded.size);
  assertEquals(compressed(), [0, 0, 0]);
  await responses[0];
  assertEquals(compressed(), [1, 0, 0]);
  await responses[1];
  assertEquals(compressed(), [1, 1, 0]);
  await responses[2];
  assertEquals(compressed(), [1, 1, 1]);
});

Deno.test("serveAsset() compresses a file once for requests that come at the same time", async () => {
  const asset = createAsset("style.css", BODY);
  const [first, second] = [ask(asset, "br"), ask(asset, "br")];
  await first;
  const compressed = asset.encoded.get("br");
  await second;
  assertStrictEquals(asset.encoded.get("br"), compressed);
});

Deno.test("serveAsset() has another strong tag for each encoding and content", async () => {
  const other = new TextEncoder().encode(TEXT.replace("Jack", "Jock"));
  const assets = [BODY, other].map((body) => createAsset("style.css", body));
  const tags = await Promise.all(
    assets.flatMap((asset) => ["br", "gzip", "identity"].map((each) => tagOf(asset, each))),
  );
  assertEquals(new Set(tags).size, 6);
  for (const tag of tags) assert(/^"[^"]+"$/.test(tag), tag);
});

Deno.test("serveAsset() returns 304 for a matching ETag", async () => {
  const asset = createAsset("style.css", BODY);
  const [br, gzip] = [await tagOf(asset, "br"), await tagOf(asset, "gzip")];
  const table: [ifNoneMatch: string, status: number][] = [
    [br, 304],
    [`W/${br}`, 304],
    [`"other", ${br}`, 304],
    [`"other",${br}`, 304],
    [`"other" ,\t W/${br} , "another"`, 304],
    [`"${"x".repeat(1000 - br.length)}", ${br}`, 304],
    ["*", 304],
    [gzip, 200],
    ['"other"', 200],
    [`"other ${br}"`, 200],
    [`"${"x".repeat(1024)}", ${br}`, 200],
    [`${br}${" ".repeat(60_000)}, ${br}`, 200],
    [br.slice(1, -1), 200],
    ["", 200],
  ];
  for (const method of ["GET", "HEAD"]) {
    for (const [ifNoneMatch, status] of table) {
      const headers = { "accept-encoding": "br", "if-none-match": ifNoneMatch };
      const response = await serveAsset(request(headers, method), asset);
      assertEquals(response.status, status, `${method} ${ifNoneMatch}`);
    }
  }
});

Deno.test("serveAsset() returns 304 with the ETag and without a body", async () => {
  const asset = createAsset("style.css", BODY);
  const response = await serveAsset(
    request({ "if-none-match": "*", "accept-encoding": "br" }),
    asset,
  );
  assertEquals([response.body, response.headers.get("content-encoding")], [null, null]);
  for (const name of ["etag", "vary", "cache-control"]) {
    assertEquals(response.headers.get(name), (await ask(asset, "br")).headers.get(name), name);
  }
});

Deno.test("serveAsset() returns the headers of GET for HEAD", async () => {
  const asset = createAsset("style.css", BODY);
  for (const acceptEncoding of ["br", "identity"]) {
    const head = await ask(asset, acceptEncoding, "HEAD");
    assertEquals([head.status, head.body], [200, null]);
    assertEquals([...head.headers], [...(await ask(asset, acceptEncoding)).headers]);
  }
});

Deno.test("serveAsset() makes caches keep encodings separate", async () => {
  assertEquals(
    (await ask(createAsset("style.css", BODY), "br")).headers.get("vary"),
    "accept-encoding",
  );
});

const FILES = [
  ["index.html", bytes('<link href="/style.css"><script src="/app.js"></script>')],
  ["style.css", BODY],
  ["app.js", bytes("const a = 1;")],
] as const;
const KEPT = "public, max-age=31536000, immutable";

Deno.test("findAsset() lets caches keep for ever what is in this version's folder", () => {
  const assets = createAssets(FILES);
  const folder = folderOf(FILES);
  assertMatch(folder, /^assets\/[0-9a-f]{16}\/$/);
  const table: [path: string, cacheControl: string | undefined][] = [
    [`${folder}style.css`, KEPT],
    ["style.css", "no-cache"],
    ["index.html", "no-cache"],
    [`${folder}index.html`, "no-cache"],
    [`${folder}other.css`, undefined],
    [`${folder}${folder}style.css`, undefined],
    [folder, undefined],
    ["assets/style.css", undefined],
    ["assets//style.css", undefined],
  ];
  for (const [path, cacheControl] of table) {
    assertEquals(findAsset(assets, path)?.cacheControl, cacheControl, path);
  }
});

Deno.test("findAsset() gives today's file for another version's, to be asked for again", async () => {
  const assets = createAssets(FILES);
  const before = [...assets.keys()];
  const asset = find(assets, "assets/0123456789abcdef/style.css");
  assertEquals(asset.cacheControl, "no-cache");
  assertEquals(await (await serveAsset(request(), asset)).text(), TEXT);
  for (const version of ["", "..", "0123456789abcde", "0123456789abcdeg", "0123456789abcdef0"]) {
    assertEquals(findAsset(assets, `assets/${version}/style.css`), undefined);
  }
  assertEquals([...assets.keys()], before);
});

Deno.test("createAssets() names a folder by all files, in whatever order they are listed", () => {
  const folder = folderOf(FILES);
  assertEquals(folderOf(FILES.toReversed()), folder);
  const others = [
    [...FILES, ["more.css", new Uint8Array()] as const],
    FILES.slice(1),
    FILES.map(([name, body]) => [name, name === "app.js" ? bytes("const a = 2;") : body] as const),
    FILES.map(([name, body]) => [name.replace("app", "apq"), body] as const),
  ];
  const folders = others.map(folderOf);
  assertEquals(new Set([...folders, folder]).size, 5);
});

Deno.test("createAssets() has the page take its files from the folder", async () => {
  const html = '<link href="/style.css"><a href="/nothing.css"></a><i title="/style.css"></i>' +
    '<link href="/manifest.webmanifest"><img src="/icon.svg"><p src="/style.css?offline">';
  const files = [
    ["index.html", bytes(html)],
    ["style.css", BODY],
    ["icon.svg", bytes("<svg/>")],
    ["manifest.webmanifest", bytes("{}")],
    ["offline.html", bytes(html)],
  ] as const;
  const [assets, folder] = [createAssets(files), folderOf(files)];
  assertEquals(
    await (await serveAsset(request(), find(assets, "index.html"))).text(),
    html.replace('href="/style.css', `href="/${folder}style.css`)
      .replace('src="/icon.svg', `src="/${folder}icon.svg`),
  );
  // The browser knows it by its address, and opens it without a server.
  assertEquals(await (await serveAsset(request(), find(assets, "offline.html"))).text(), html);
});

Deno.test("loadAssets() reads the files of a folder and of its folders, by their paths", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/style.css`, BODY);
    await Deno.writeTextFile(`${folder}/index.html`, "<!doctype html>");
    await Deno.mkdir(`${folder}/view`);
    await Deno.writeTextFile(`${folder}/view/log.js`, "export {};");
    const assets = loadAssets(folder);
    const files = [
      ["style.css", BODY],
      ["index.html", bytes("<!doctype html>")],
      ["view/log.js", bytes("export {};")],
    ] as const;
    assertEquals(assets, createAssets(files));
    assertEquals(
      findAsset(assets, "assets/0123456789abcdef/view/log.js"),
      assets.get("view/log.js"),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("createAssets() serves modules and styles without comments, blank lines and indentation", () => {
  const module = [
    "/** A comment",
    " * of lines. */",
    "const a = 1; // one",
    "",
    "  // a comment",
    '  const b = "/** text */";',
    "/** @type {number} */ const c = 2;",
  ];
  const served = [module[2], module[5]?.trim(), module[6]].join("\n");
  const style = "/* A comment. */\na {\n  margin: 0;\n}\n";
  const assets = createAssets([["a.js", bytes(module.join("\n"))], ["a.css", bytes(style)]]);
  assertEquals(text(find(assets, "a.js").source), served);
  assertEquals(text(find(assets, "a.css").source), "a {\nmargin: 0;\n}\n");
});

Deno.test("createAssets() leaves the client its comments, which hold its types", () => {
  const module = "/** A comment. */\nexport {};\n";
  for (const name of ["client.js", "client/clock.js", "client/session.js"]) {
    assertEquals(text(createAsset(name, bytes(module)).source), module);
  }
  assertEquals(text(createAsset("client/socket.js", bytes(module)).source), "export {};\n");
});

Deno.test("serveAsset() lets pages of other origins import the client, and read nothing else", async () => {
  const allowed = async (asset: Asset) =>
    (await ask(asset, "br")).headers.get("access-control-allow-origin");
  const names = ["client.js", "client/socket.js", "client/protocol.d.ts"];
  const others = ["app.js", "index.html", "model/client.js", "clients.js", "client.json"];
  for (const name of names) assertEquals(await allowed(createAsset(name, BODY)), "*", name);
  for (const name of others) assertEquals(await allowed(createAsset(name, BODY)), null, name);
  const notModified = await serveAsset(
    request({ "if-none-match": "*" }),
    createAsset("client.js", BODY),
  );
  assertEquals(notModified.headers.get("access-control-allow-origin"), "*");
});

Deno.test("createAssets() joins stylesheets that a stylesheet imports", () => {
  const assets = createAssets([
    [
      "page.css",
      bytes('/* Styles. */\n@import "./a.css";\n@import "./b-c.css";\n@import "./d.css";\n'),
    ],
    ["a.css", bytes("a {\n  margin: 0;\n}\n")],
    ["b-c.css", bytes("b {}\n")],
  ]);
  const served = text(find(assets, "page.css").source).replaceAll("\n", "");
  assertEquals(served, 'a {margin: 0;}b {}@import "./d.css";');
});

/** The page's files that have several modules. */
const JOINED = ["app.js", "browser/sound.js", "later.js", "model/emoji_names.js"];

Deno.test("createAssets() joins the page's modules, and changes no other code", () => {
  const files = readFolder(`${import.meta.dirname}/../../static`);
  const assets = createAssets(files);
  const changed: string[] = [];
  for (const [name, body] of files.filter(([name]) => name.endsWith(".js"))) {
    const served = tokensOf(text(find(assets, name).source));
    if (served.join("\n") !== tokensOf(text(body)).join("\n")) changed.push(name);
  }
  assertEquals(changed.sort(), JOINED);
});

/** The code of a module as tokens, after a "↵" where a line ends before one. */
function tokensOf(code: string): string[] {
  const options = { ecmaVersion: "latest", sourceType: "module" } as const;
  let last = 0;
  return [...tokenizer(code, options)].map(({ start, end }) => {
    const isFirst = code.slice(last, start).includes("\n") && last > 0;
    last = end;
    return `${isFirst ? "↵" : ""}${code.slice(start, end)}`;
  });
}
