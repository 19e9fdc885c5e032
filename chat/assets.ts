/**
 * The page's files: read and compressed once, served from memory.
 *
 * @module
 */

import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { eTag } from "@std/http/etag";
import { acceptsEncodings } from "@std/http/negotiation";
import { headerList } from "./request_head.ts";

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

/** A longer header asks for no encoding. Browsers send 25 characters. */
const MAX_ACCEPT_ENCODING_LENGTH = 256;

/** Reads the files of a folder, without the folders in it. */
export async function loadAssets(folder: string): Promise<Assets> {
  const assets = new Map<string, Asset>();
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.isFile) continue;
    const body = await Deno.readFile(`${folder}/${entry.name}`);
    assets.set(entry.name, await createAsset(entry.name, body));
  }
  return assets;
}

/** Makes a file ready to be served. */
export async function createAsset(name: string, body: Uint8Array<ArrayBuffer>): Promise<Asset> {
  const extension = name.slice(name.lastIndexOf(".") + 1);
  const representations: Representation[] = [];
  for (const [encoding, compress] of COMPRESSIONS) {
    const compressed = new Uint8Array(compress(body));
    // Images are compressed already.
    if (encoding !== "identity" && compressed.length >= body.length) continue;
    // Of the encoded bytes: a strong tag must differ between encodings.
    const etag = await eTag(compressed) ?? "";
    representations.push({ encoding, body: compressed, etag });
  }
  return { type: TYPES[extension] ?? "application/octet-stream", representations };
}

/**
 * One below the best, in half the time for 2% more bytes; and a window of 64 KiB, since the usual
 * one of 4 MiB costs as much memory for every small file.
 */
const BROTLI = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_LGWIN]: 16 },
};

const COMPRESSIONS: readonly (readonly [Encoding, (body: Uint8Array) => Uint8Array])[] = [
  ["br", (body) => brotliCompressSync(body, BROTLI)],
  ["gzip", (body) => gzipSync(body)],
  ["identity", (body) => body],
];

/** Answers a GET or HEAD request with a file, perhaps with a status that says it is of no such path. */
export function serveAsset(request: Request, asset: Asset, status: 200 | 404 = 200): Response {
  const chosen = choose(request, asset);
  const headers = new Headers({
    "content-type": asset.type,
    "etag": chosen.etag,
    "vary": "accept-encoding",
    // Names carry no version, so each use asks whether the file is still the same.
    "cache-control": "no-cache",
  });
  // RFC 9110, 13.2.1: conditions count only where the answer would be a success.
  if (status === 200 && isKnown(request.headers.get("if-none-match"), chosen.etag)) {
    return new Response(null, { status: 304, headers });
  }
  if (chosen.encoding !== "identity") headers.set("content-encoding", chosen.encoding);
  headers.set("content-length", String(chosen.body.length));
  return new Response(request.method === "HEAD" ? null : chosen.body, { status, headers });
}

/** Whether `If-None-Match` has a tag. Not `ifNoneMatch` of `@std/http`, which is quadratic. */
function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === "*") return true;
  return headerList(ifNoneMatch).some((tag) => tag === etag || tag === `W/${etag}`);
}

function choose(request: Request, asset: Asset): Representation {
  const { representations } = asset;
  const header = request.headers.get("accept-encoding") ?? "";
  // An empty header asks for no encoding, and so does none at all to be safe.
  const accepted = header !== "" && header.length <= MAX_ACCEPT_ENCODING_LENGTH
    ? representations.find(({ encoding }) => acceptsEncodings(request, encoding) === encoding)
    : undefined;
  const chosen = accepted ?? representations.at(-1);
  if (chosen === undefined) throw new TypeError("An asset has at least one representation");
  return chosen;
}
