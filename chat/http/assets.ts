/**
 * The page's files: read once, compressed when they are first asked for, served from memory.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { acceptsEncodings } from "@std/http/negotiation";
import { delay } from "../runtime/timers.ts";
import { joinModules } from "./modules.ts";
import { headerList } from "./request.ts";

/** The encodings, the preferred one first. */
const ENCODINGS = ["br", "gzip", "identity"] as const;

type Encoding = typeof ENCODINGS[number];

/** A file as it is served at a path. */
export interface Asset {
  readonly type: string;
  readonly cacheControl: string;
  /** A hash from which the entity tag is made: of all files or, with settings in it, of the file. */
  readonly version: string;
  readonly source: Uint8Array<ArrayBuffer>;
  /** True if pages of other origins may read it. */
  readonly isShared: boolean;
  /** The encodings that were asked for so far. */
  readonly encoded: Map<Encoding, Uint8Array<ArrayBuffer>>;
}

/**
 * The files by path, without the first slash: each at its name and, unless its URL must stay the
 * same, in a folder whose name is the hash of all files.
 */
export type Assets = ReadonlyMap<string, Asset>;

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  ts: "application/typescript",
  txt: "text/plain; charset=utf-8",
  webmanifest: "application/manifest+json",
};

/** Types that are not compressed already. */
const COMPRESSIBLE = /^text\/|json$|xml$/;

/** Files whose URLs must stay the same. */
const STABLE_NAMES = ["index.html", "offline.html", "manifest.webmanifest", "sw.js"];

/** The modules of the client and their types, which pages of other origins may import. */
const SHARED = /^client(?:\/\w+)?\.(?:js|d\.ts)$/;
/** Modules for programmers, and not for the page: they keep their comments, which hold the types. */
const COMMENTED = ["client.js", "client/clock.js", "client/session.js"];

/** The browser asks before each use whether the file is still the same. */
const REVALIDATED = "no-cache";
/** The browser never asks again: another content has another path. */
const IMMUTABLE = "public, max-age=31536000, immutable";

/** The path of a file in the folder of this version or another one. */
const FILE_OF_VERSION = /^assets\/[0-9a-f]{16}\/((?:\w+\/)?[^/]+)$/;

/** Characters of the hash in the paths, 4 bits each. */
const VERSION_LENGTH = 16;

/** A longer header asks for no encoding. Browsers send 25 characters. */
const MAX_ACCEPT_ENCODING_LENGTH = 256;

/** Reads the page's files from a folder. */
export function loadAssets(folder: string): Assets {
  return createAssets(readFolder(folder));
}

/** The files of a folder and of its folders. Synchronous: with promises it takes ten times as long. */
export function readFolder(
  folder: string,
  prefix = "",
): [name: string, body: Uint8Array<ArrayBuffer>][] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return readFolder(path, `${prefix}${name}/`);
    return [[prefix + name, Deno.readFileSync(path)]];
  });
}

/** Makes files ready to be served, by their names. */
export function createAssets(
  files: readonly (readonly [name: string, body: Uint8Array<ArrayBuffer>])[],
): Assets {
  const version = hashOf(files);
  const folder = `assets/${version}/`;
  const names = files.map(([name]) => name).filter((name) => !STABLE_NAMES.includes(name));
  const compacted = files.map(([name, body]) => [name, compact(name, body)] as const);
  const joined = joinPage(compacted);
  const assets = new Map<string, Asset>();
  for (const [name, body] of compacted) {
    const source = name === "index.html" ? withFolder(body, folder, names) : joined(name) ?? body;
    const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    const asset = {
      type,
      version,
      source,
      isShared: SHARED.test(name),
      encoded: new Map(),
      cacheControl: REVALIDATED,
    };
    assets.set(name, asset);
    if (names.includes(name)) assets.set(folder + name, { ...asset, cacheControl: IMMUTABLE });
  }
  return assets;
}

/** The hash of files, in whatever order a file system lists them. */
export function hashOf(files: readonly (readonly [name: string, body: Uint8Array])[]): string {
  const hash = createHash("sha256");
  for (const [name, body] of files.toSorted(([a], [b]) => a < b ? -1 : 1)) {
    hash.update(`${name}\n${body.length}\n`).update(body);
  }
  return hash.digest("hex").slice(0, VERSION_LENGTH);
}

/** A page that takes the files of these names from a folder, without its indentation. */
function withFolder(
  page: Uint8Array,
  folder: string,
  names: readonly string[],
): Uint8Array<ArrayBuffer> {
  const html = new TextDecoder().decode(page).replace(
    /(?<=\b(?:href|src)="\/)[\w./-]+(?=")/g,
    (name) => names.includes(name) ? folder + name : name,
  ).replace(/^ +/gm, "");
  return new TextEncoder().encode(html);
}

/**
 * A module or stylesheet without what only its authors need, a third of what would be sent of it:
 * comments on lines of their own, blank lines and indentation. Other files stay as they are.
 */
function compact(name: string, source: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (!/\.(?:js|css)$/.test(name) || COMMENTED.includes(name)) return source;
  const code = new TextDecoder().decode(source)
    .replace(/^[ \t]*(?:\/\*(?:[^*]|\*(?!\/))*\*\/|\/\/.*)$/gm, "")
    .replace(/^\s+/gm, "");
  return new TextEncoder().encode(code);
}

/** The module that the page loads first. */
const FIRST_MODULE = "app.js";

/** An import of another stylesheet in the same folder. */
const STYLE_IMPORT = /^@import "\.\/([\w-]+\.css)";$/gm;

/** Makes the function that returns a file with the modules or styles that it imports, if it is one. */
function joinPage(
  files: readonly (readonly [name: string, body: Uint8Array])[],
): (name: string) => Uint8Array<ArrayBuffer> | undefined {
  const code = files.filter(([name]) => /\.(?:js|css)$/.test(name));
  const sources = new Map(code.map(([name, body]) => [name, new TextDecoder().decode(body)]));
  const joined = sources.has(FIRST_MODULE)
    ? joinModules(sources, FIRST_MODULE)
    : new Map<string, string>();
  for (const [name, source] of sources) {
    if (!name.endsWith(".css")) continue;
    joined.set(
      name,
      source.replace(STYLE_IMPORT, (line, other: string) => sources.get(other) ?? line),
    );
  }
  return (name) => {
    const code = joined.get(name);
    return code === undefined ? undefined : new TextEncoder().encode(code);
  };
}

/**
 * Finds the file of a path, without its first slash.
 *
 * The folder of another version holds the files of this one. A page that was loaded before the server
 * was replaced, or from an instance of another version, asks for them; most files are the same in both.
 */
export function findAsset(assets: Assets, path: string): Asset | undefined {
  return assets.get(path) ?? assets.get(FILE_OF_VERSION.exec(path)?.[1] ?? "");
}

/**
 * A window of 256 KiB, since the usual one of 4 MiB costs as much memory for every small file. The
 * best quality would take 20 times as long, 0.3 s for a part of the page, and save an eighth of it.
 */
const BROTLI = {
  params: { [constants.BROTLI_PARAM_LGWIN]: 18, [constants.BROTLI_PARAM_QUALITY]: 5 },
};

/** Options of {@linkcode serveAsset}. */
export interface Serving {
  /** 404 if the path has no such file. */
  readonly status?: 200 | 404;
  /**
   * True if other sites may hold the page in a frame. In a sandboxed frame it is not of this origin,
   * and could not load the script that says so.
   */
  readonly isFramed?: boolean;
}

/** Responds to a GET or HEAD request with a file, after compressing it if that was not done yet. */
export function serveAsset(
  request: Request,
  asset: Asset,
  { status = 200, isFramed = false }: Serving = {},
): Response | Promise<Response> {
  const encoding = choose(request, asset);
  // A strong tag must differ between encodings.
  const etag = `"${asset.version}-${encoding}"`;
  const headers = new Headers({
    "content-type": asset.type,
    "etag": etag,
    "vary": "accept-encoding",
    "cache-control": asset.cacheControl,
  });
  if (asset.isShared) headers.set("access-control-allow-origin", "*");
  if (isFramed) headers.set("cross-origin-resource-policy", "cross-origin");
  // RFC 9110, 13.2.1: conditions count only where the answer would be a success.
  if (status === 200 && isKnown(request.headers.get("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers });
  }
  const respond = (body: Uint8Array<ArrayBuffer>) => {
    if (encoding !== "identity") headers.set("content-encoding", encoding);
    headers.set("content-length", String(body.length));
    return new Response(request.method === "HEAD" ? null : body, { status, headers });
  };
  const body = encoding === "identity" ? asset.source : asset.encoded.get(encoding);
  return body === undefined ? compressInTurn(asset, encoding).then(respond) : respond(body);
}

/** Ends with the last compression that was asked for. */
let lastCompression: Promise<unknown> = Promise.resolve();

/**
 * Compresses a file that no other request has had compressed meanwhile: one file in a turn of the
 * event loop, which takes 1 to 10 ms, since a proxy may ask for all files of the page at once.
 */
function compressInTurn(
  { source, encoded }: Asset,
  encoding: Encoding,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = lastCompression.then(async () => {
    const known = encoded.get(encoding);
    if (known !== undefined) return known;
    // Not by zlib's asynchronous functions: Deno runs them on the thread of the event loop too.
    await delay(0);
    const body = encoding === "br" ? brotliCompressSync(source, BROTLI) : gzipSync(source);
    const bytes = new Uint8Array(body);
    encoded.set(encoding, bytes);
    return bytes;
  });
  lastCompression = body.catch(() => {});
  return body;
}

/** Whether `If-None-Match` has a tag. Not `ifNoneMatch` of `@std/http`, which is quadratic. */
function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === "*") return true;
  return headerList(ifNoneMatch).some((tag) => tag === etag || tag === `W/${etag}`);
}

/** The best encoding that a client accepts. */
function choose(request: Request, { type }: Asset): Encoding {
  const accepted = request.headers.get("accept-encoding") ?? "";
  // An empty header asks for no encoding, and so does none at all to be safe.
  if (accepted === "" || accepted.length > MAX_ACCEPT_ENCODING_LENGTH) return "identity";
  if (!COMPRESSIBLE.test(type)) return "identity";
  const wanted = ENCODINGS.find((each) => acceptsEncodings(request, each) === each);
  return wanted ?? "identity";
}
