/**
 * The page's files: read and compressed once, served from memory.
 *
 * @module
 */

import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { eTag, ifNoneMatch } from "@std/http/etag";
import { acceptsEncodings } from "@std/http/negotiation";

type Encoding = "br" | "gzip" | "identity";

interface Representation {
  readonly encoding: Encoding;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/** A file, in the encodings in which it is served, the preferred one first. */
export interface Asset {
  readonly type: string;
  readonly representations: readonly Representation[];
}

/** The files by name. Only what is in here can be asked for. */
export type Assets = ReadonlyMap<string, Asset>;

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  webmanifest: "application/manifest+json",
};

/** Reads the files of a folder, without the folders in it. */
export async function loadAssets(folder: string): Promise<Assets> {
  const assets: Promise<readonly [string, Asset]>[] = [];
  for await (const { isFile, name } of Deno.readDir(folder)) {
    if (isFile) assets.push(loadAsset(folder, name));
  }
  return new Map(await Promise.all(assets));
}

async function loadAsset(folder: string, name: string): Promise<readonly [string, Asset]> {
  return [name, await createAsset(name, await Deno.readFile(`${folder}/${name}`))];
}

/** Makes a file ready to be served. */
export async function createAsset(name: string, body: Uint8Array<ArrayBuffer>): Promise<Asset> {
  const extension = name.slice(name.lastIndexOf(".") + 1);
  const representations: Representation[] = [];
  for (const [encoding, compress] of COMPRESSIONS) {
    const compressed = new Uint8Array(await compress(body));
    // Images are compressed already.
    if (encoding !== "identity" && compressed.length >= body.length) continue;
    // Of the encoded bytes: a strong tag must differ between encodings.
    const etag = await eTag(compressed) ?? "";
    representations.push({ encoding, body: compressed, etag });
  }
  return { type: TYPES[extension] ?? "application/octet-stream", representations };
}

type Compress = (body: Uint8Array) => Uint8Array | Promise<Uint8Array>;

const COMPRESSIONS: readonly (readonly [Encoding, Compress])[] = [
  ["br", promisify<Uint8Array, Uint8Array>(brotliCompress)],
  ["gzip", promisify<Uint8Array, Uint8Array>(gzip)],
  ["identity", (body) => body],
];

/** Answers a GET or HEAD request with a file. */
export function serveAsset(request: Request, asset: Asset): Response {
  const chosen = choose(request, asset);
  const headers = new Headers({
    "content-type": asset.type,
    "etag": chosen.etag,
    "vary": "accept-encoding",
    // Names carry no version, so each use asks whether the file is still the same.
    "cache-control": "no-cache",
  });
  if (!ifNoneMatch(request.headers.get("if-none-match"), chosen.etag)) {
    return new Response(null, { status: 304, headers });
  }
  if (chosen.encoding !== "identity") headers.set("content-encoding", chosen.encoding);
  headers.set("content-length", String(chosen.body.length));
  return new Response(request.method === "HEAD" ? null : chosen.body, { headers });
}

function choose(request: Request, asset: Asset): Representation {
  const { representations } = asset;
  // An empty header asks for no encoding, and so does none at all to be safe.
  const accepted = request.headers.get("accept-encoding")
    ? representations.find(({ encoding }) => acceptsEncodings(request, encoding) === encoding)
    : undefined;
  const chosen = accepted ?? representations.at(-1);
  if (chosen === undefined) throw new TypeError("An asset has at least one representation");
  return chosen;
}
