/**
 * What is written for fuzzing in place of a request for a WebSocket.
 *
 * @module
 */

import type { Chance } from "../support/seeded_random.ts";
import { flip, noise, type Script } from "./random_frames.ts";
import { concat } from "./oracle_frames.ts";
import { HOST } from "../support/tcp_connection.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

const HEADERS = [
  ...["Host: x", "Host:", "Host: [::1", "Host: a b", "Host: \u0080", "Connection: close"],
  ...["Upgrade: h2c", "Sec-WebSocket-Version: 12", "Sec-WebSocket-Key: x", "Origin: null"],
  ...["Origin: http://evil.example", "Content-Length: 5", "Content-Length: -1"],
  ...["Content-Length: 99999999999999999999", "Transfer-Encoding: chunked", "Expect: 100-continue"],
  ...[
    "Sec-WebSocket-Protocol: ,,,",
    "Sec-WebSocket-Protocol: x, chat.v1",
    "Sec-WebSocket-Extensions: permessage-deflate",
    ": x",
    "x",
  ],
  ...[
    "X-Forwarded-For: ",
    "X-Forwarded-For: [",
    "Cookie: \u0000",
    " folded: x",
    "Range: bytes=0-0",
  ],
  ...[`X-Long: ${"x".repeat(100_000)}`, "X-Many: x\r\n".repeat(500).trimEnd()],
  ...[`X-Long: ${"x".repeat(20_000)}`, `${"X-Name".repeat(3000)}: x`],
  ...["Host: a/metrics?", "Host: a/healthz#", "Host: a:99999", "Host: [:::]", "Host: a, b"],
  ...[`Host: ${"a".repeat(300)}`, "Host: x\r\nHost: y", "X-Forwarded-Host: a/b"],
  ...["Origin: //", `Origin: http://${"a".repeat(5000)}`, `Cookie: ${"a=b; ".repeat(3000)}`],
  ...["Expect: 100-continue\r\nContent-Length: 100000000", "Transfer-Encoding: gzip, chunked"],
];

/** Headers that are lists. */
const LISTS = [
  ...["Connection", "Upgrade", "Sec-WebSocket-Protocol", "If-None-Match", "Accept-Encoding"],
  ...["X-Forwarded-For", "X-Forwarded-Host", "Sec-WebSocket-Extensions", "Sec-WebSocket-Version"],
];

/** Parts of long lists. */
const MEMBERS = [
  " ",
  "\t",
  ",",
  " ,",
  ", ",
  "x,",
  '"a", ',
  "a;q=0,",
  "upgrade,",
  "chat.v1, ",
  "1.1.1.1,",
];

/** Up to what proxies let through, what the server takes, and what the runtime takes. */
const LIST_LENGTHS = [300, 1000, 1100, 8000, 15_000, 17_000, 60_000];

/** Paths for more than WebSockets. */
const PATHS = [
  ...["/", "/healthz", "/metrics", "/r/lobby/", "/app.js", "/nothing", "//metrics", "/ws"],
  ...["http://evil/metrics", "/x/../metrics", `/${"x".repeat(9000)}`, `/?${"x".repeat(30_000)}`],
];

const METHODS = ["GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "BREW"];

/** What stands around values in lists, or seems to. */
const SEPARATORS = [
  " ",
  "\t",
  ",",
  ", ",
  " ,",
  ",,",
  "x, ",
  "x,",
  ", x",
  ";",
  "\u00a0",
  "\u0085",
  "\u00ff",
];

const FIRST_LINES = [
  ...["GET /ws HTTP/1.0", "GET /ws HTTP/2.0", "GET /ws HTTP/9.9", "GET /ws", "get /ws HTTP/1.1"],
  ...["POST /ws HTTP/1.1", "CONNECT /ws HTTP/1.1", "GET  /ws HTTP/1.1", "GET //ws HTTP/1.1"],
  ...[
    "GET http://x/ws HTTP/1.1",
    "GET http://[/ws HTTP/1.1",
    "GET /../ws HTTP/1.1",
    "GET * HTTP/1.1",
  ],
  ...["GET /%ws HTTP/1.1", "GET /w\u0000s HTTP/1.1", "GET /r/%ff HTTP/1.1", "OPTIONS * HTTP/1.1"],
  ...[
    `GET /${"a/".repeat(40_000)} HTTP/1.1`,
    "PRI * HTTP/2.0\r\n\r\nSM",
    "\r\n\r\nGET /ws HTTP/1.1",
  ],
];

const OFFER = "Sec-WebSocket-Protocol: chat.v1";

/** A header with something around its value: a byte for each character, which need be no UTF-8. */
function spaceOut(line: Bytes, chance: Chance): Bytes {
  const odd = (): string => chance.is(0.3) ? chance.of(SEPARATORS) : "";
  const text = new TextDecoder().decode(line).replace(
    /: (.*)/,
    (_, value) => `: ${odd()}${value}${odd()}`,
  );
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A header whose value is very long, with something at its ends. */
function longList(chance: Chance): string {
  const member = chance.of(MEMBERS);
  const members = member.repeat(Math.floor(chance.of(LIST_LENGTHS) / member.length));
  return `${chance.of(LISTS)}: ${chance.of(["", "x", "websocket, "])}${members}${
    chance.of(["", "x", "upgrade"])
  }`;
}

/** A request for anything, with a body that may be longer or shorter than it says. */
function withBody(host: string, chance: Chance): readonly string[] {
  const body = "x".repeat(chance.below(3000));
  const [length, content] = chance.of([
    [`Content-Length: ${body.length}`, body],
    [`Content-Length: ${chance.below(200_000_000)}`, body],
    ["Transfer-Encoding: chunked", `${body.length.toString(16)}\r\n${body}\r\n0\r\n`],
    ["Transfer-Encoding: chunked", `ffffff\r\n${body}`],
  ]);
  return [`${chance.of(METHODS)} ${chance.of(PATHS)} HTTP/1.1`, host, length, "", content];
}

/** A frame of HTTP/2. */
function http2Frame(type: number, flags: number, stream: number, payload: Bytes): Bytes {
  return concat([Uint8Array.of(0, 0, payload.length, type, flags, 0, 0, 0, stream), payload]);
}

/** The same request in HTTP/2, which has no upgrades. */
function http2(lines: readonly string[]): Bytes {
  const string = (text: string): Bytes => {
    const bytes = encoder.encode(text);
    return concat([Uint8Array.of(bytes.length), bytes]);
  };
  const header = (name: string, value: string): Bytes =>
    concat([Uint8Array.of(0), string(name), string(value)]);
  const headers = lines.map((line) => line.split(": ")).map(([name = "", value = ""]) =>
    header(name.toLowerCase(), value)
  );
  // From HPACK's static table: GET, http.
  const pseudo = [Uint8Array.of(0x82, 0x86), header(":path", "/ws"), header(":authority", HOST)];
  return concat([
    encoder.encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    http2Frame(4, 0, 0, new Uint8Array()),
    http2Frame(1, 5, 1, concat([...pseudo, ...headers])),
  ]);
}

/** A request for a WebSocket that is none, or hardly one. */
export function makeRequest(chance: Chance): Script {
  const good = [
    ...["GET /ws HTTP/1.1", `Host: ${HOST}`, "Connection: Upgrade", "Upgrade: websocket"],
    ...["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
  ];
  const write = (lines: readonly string[]): Bytes[] =>
    [...lines, ""].map((line) => encoder.encode(`${line}\r\n`));
  const at = 1 + chance.below(good.length - 1);
  const kinds: Readonly<Record<string, () => Bytes[]>> = {
    "no request": () => [noise(chance, 1 + chance.below(2000))],
    "missing header": () => write(good.toSpliced(at, 1)),
    "odd header": () => write(good.toSpliced(at, chance.below(2), chance.of(HEADERS))),
    "odd spaces": () => write([...good, OFFER]).map((line) => spaceOut(line, chance)),
    "long list": () => write(good.toSpliced(at, chance.below(2), longList(chance))),
    "other path": () => {
      const host = chance.is(0.7) ? good[1] ?? "" : chance.of(HEADERS);
      return write([`${chance.of(METHODS)} ${chance.of(PATHS)} HTTP/1.1`, host, longList(chance)]);
    },
    "body": () => write(withBody(good[1] ?? "", chance)),
    "odd first line": () => write(good.with(0, chance.of(FIRST_LINES))),
    "flipped bits in a request": () => flip(write(good), chance),
    "half a request": () => write(good).slice(0, at),
    "HTTP/2": () => [http2(good.slice(at))],
    "flipped bits in HTTP/2": () => flip([http2(good.slice(at))], chance),
  };
  const kind = chance.of(Object.keys(kinds));
  return { kind, parts: kinds[kind]?.() ?? [], early: 0, ending: "half-close" };
}
