import { assert, assertEquals } from "@std/assert";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { type Asset, createAsset, loadAssets, serveAsset } from "../../chat/http/assets.ts";

const TEXT = "All work and no play makes Jack a dull boy. ".repeat(40);
const BODY = new TextEncoder().encode(TEXT);

function request(headers: HeadersInit = {}, method = "GET"): Request {
  return new Request("http://chat.example/style.css", { method, headers });
}

function ask(asset: Asset, acceptEncoding: string | undefined, method = "GET"): Response {
  const headers = new Headers();
  if (acceptEncoding !== undefined) headers.set("accept-encoding", acceptEncoding);
  return serveAsset(request(headers, method), asset);
}

const encodingOf = (response: Response): string =>
  response.headers.get("content-encoding") ?? "identity";

Deno.test("createAsset() knows the types of the page's files", async () => {
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
      serveAsset(request(), await createAsset(name, BODY)).headers.get("content-type"),
      type,
    );
  }
});

Deno.test("serveAsset() prefers Brotli, then gzip, among what the client accepts", async () => {
  const asset = await createAsset("style.css", BODY);
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
    assertEquals(encodingOf(ask(asset, acceptEncoding)), encoding, acceptEncoding);
  }
});

Deno.test("serveAsset() compresses nothing without Accept-Encoding", async () => {
  assertEquals(encodingOf(ask(await createAsset("style.css", BODY), "")), "identity");
});

Deno.test("serveAsset() ignores an Accept-Encoding of more than 256 characters", async () => {
  const asset = await createAsset("style.css", BODY);
  const table: [acceptEncoding: string, encoding: string][] = [
    [`${"x".repeat(252)}, br`, "br"],
    [`${"x".repeat(253)}, br`, "identity"],
    [`br${", x;q=0".repeat(10_000)}`, "identity"],
  ];
  for (const [acceptEncoding, encoding] of table) {
    assertEquals(encodingOf(ask(asset, acceptEncoding)), encoding);
  }
});

Deno.test("serveAsset() gives the file in every encoding", async () => {
  const asset = await createAsset("style.css", BODY);
  const decoders = {
    br: (bytes: Uint8Array): Uint8Array => brotliDecompressSync(bytes),
    gzip: (bytes: Uint8Array): Uint8Array => gunzipSync(bytes),
    identity: (bytes: Uint8Array): Uint8Array => bytes,
  };
  for (const [encoding, decode] of Object.entries(decoders)) {
    const response = ask(asset, encoding);
    const bytes = new Uint8Array(await response.arrayBuffer());
    assertEquals(new TextDecoder().decode(decode(bytes)), TEXT, encoding);
    assertEquals(response.headers.get("content-length"), String(bytes.length));
  }
});

Deno.test("serveAsset() does not compress a file that gets no smaller", async () => {
  for (const body of [new Uint8Array(), new Uint8Array([1, 2, 3])]) {
    const response = ask(await createAsset("icon.png", body), "br, gzip");
    assertEquals(encodingOf(response), "identity");
    assertEquals(new Uint8Array(await response.arrayBuffer()), body);
  }
});

Deno.test("serveAsset() has another strong tag for each encoding and content", async () => {
  const other = new TextEncoder().encode(TEXT.replace("Jack", "Jock"));
  const assets = await Promise.all([BODY, other].map((body) => createAsset("style.css", body)));
  const tags = assets.flatMap((asset) =>
    ["br", "gzip", "identity"].map((each) => ask(asset, each).headers.get("etag") ?? "")
  );
  assertEquals(new Set(tags).size, 6);
  for (const tag of tags) assert(/^"[^"]+"$/.test(tag), tag);
});

Deno.test("serveAsset() returns 304 for a matching ETag", async () => {
  const asset = await createAsset("style.css", BODY);
  const [br = "", gzip = ""] = ["br", "gzip"].map((each) => ask(asset, each).headers.get("etag"))
    .map((tag) => tag ?? "");
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
      const response = serveAsset(request(headers, method), asset);
      assertEquals(response.status, status, `${method} ${ifNoneMatch}`);
    }
  }
});

Deno.test("serveAsset() returns 304 with the ETag and without a body", async () => {
  const asset = await createAsset("style.css", BODY);
  const response = serveAsset(request({ "if-none-match": "*", "accept-encoding": "br" }), asset);
  assertEquals([response.body, response.headers.get("content-encoding")], [null, null]);
  for (const name of ["etag", "vary", "cache-control"]) {
    assertEquals(response.headers.get(name), ask(asset, "br").headers.get(name), name);
  }
});

Deno.test("serveAsset() returns the headers of GET for HEAD", async () => {
  const asset = await createAsset("style.css", BODY);
  for (const acceptEncoding of ["br", "identity"]) {
    const head = ask(asset, acceptEncoding, "HEAD");
    assertEquals([head.status, head.body], [200, null]);
    assertEquals([...head.headers], [...ask(asset, acceptEncoding).headers]);
  }
});

Deno.test("serveAsset() makes caches revalidate, and keep encodings separate", async () => {
  const { headers } = ask(await createAsset("style.css", BODY), "br");
  assertEquals([headers.get("cache-control"), headers.get("vary")], [
    "no-cache",
    "accept-encoding",
  ]);
});

Deno.test("loadAssets() reads the files of a folder by name, without its folders", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/style.css`, BODY);
    await Deno.writeTextFile(`${folder}/index.html`, "<!doctype html>");
    await Deno.mkdir(`${folder}/folder.css`);
    const assets = await loadAssets(folder);
    assertEquals([...assets.keys()].sort(), ["index.html", "style.css"]);
    assertEquals(assets.get("style.css"), await createAsset("style.css", BODY));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
