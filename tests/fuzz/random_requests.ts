/**
 * Random HTTP requests for fuzzing, in place of an upgrade request.
 *
 * @module
 */

import type { SeededRandom } from "../support/seeded_random.ts";
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

/** Headers whose values are lists. */
const LISTS = [
  ...["Connection", "Upgrade", "Sec-WebSocket-Protocol", "If-None-Match", "Accept-Encoding"],
  ...["X-Forwarded-For", "X-Forwarded-Host", "Sec-WebSocket-Extensions", "Sec-WebSocket-Version"],
];

/** The members of long lists. */
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

/** The lengths of lists: around the limits of proxies, of the server and of the runtime. */
const LIST_LENGTHS = [300, 1000, 1100, 8000, 15_000, 17_000, 60_000];

/** Paths, valid and invalid. */
const PATHS = [
  ...["/", "/healthz", "/metrics", "/r/lobby/", "/app.js", "/nothing", "//metrics", "/ws"],
  ...["http://evil/metrics", "/x/../metrics", `/${"x".repeat(9000)}`, `/?${"x".repeat(30_000)}`],
];

/** The room of the HTTP API: nobody else says something there. */
export const API_ROOM = "bots";

/** Paths of the HTTP API, valid and invalid. */
const API_PATHS = [
  ...["", "/bots/messages", "/bots/export", "/BOTS/messages?limit=1", "/bots/messages?limit=-1"],
  ...["/bots/messages?q=a", "/bots/messages?q=%ff&before=x", "/bots/messages/01J", "/bots"],
  ...["/bots/messages?key=a+secret+of+16+characters", "/bots/messages?key=x", "//messages"],
  ...["/-/messages", "/a%00b/messages", `/${"x".repeat(70)}/messages`, "/bots/messages/"],
  ...["/bots/messages?name=Ada", "/bots/messages?name=%E2%80%8B", "/bots/messages?after=x#&"],
  ...[`/bots/messages/${"0".repeat(26)}`, `/bots/messages?before=${"7".repeat(26)}`],
].map((path) => `/api/rooms${path}`);

/** Headers of the HTTP API, valid and invalid. */
const API_HEADERS = [
  ...["Authorization: Bearer a secret of 16 characters", "Authorization: Bearer x"],
  ...["Authorization: Bearer", "Authorization: Basic eDp5", "Authorization: \u00ff", "X: y"],
  ...["Idempotency-Key: 1", "Idempotency-Key:", `Idempotency-Key: ${"x".repeat(65)}`],
  ...["Chat-Password: \u00ff", `Room-Password: ${"x".repeat(200)}`, "Room-Password: x"],
  ...["Origin: null", "Origin: http://evil.example", "Content-Encoding: gzip"],
];

const API_TYPES = [
  ...["text/plain", "application/json", "application/x-www-form-urlencoded", "a/b", ";;charset="],
  ...["application/json; charset=utf-8", "text/plain; charset=latin1", ""],
];

const API_BODIES = [
  ...["", "a", '{"text":"a"}', '{"text":"a","ref":"1","name":"Ada","reply":"x"}', '{"text":1}'],
  ...["[]", "null", "{", "[".repeat(3000), "\u0000", '{"__proto__":{"text":"a"},"ref":""}'],
];

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "DELETE", "BREW"];

/** Separators of list members, and characters that resemble them. */
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

/** A header with separators around its value, as one byte for each character: it may be no UTF-8. */
function spaceOut(line: Bytes, random: SeededRandom): Bytes {
  const odd = (): string => random.chance(0.3) ? random.pick(SEPARATORS) : "";
  const text = new TextDecoder().decode(line).replace(
    /: (.*)/,
    (_, value) => `: ${odd()}${value}${odd()}`,
  );
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A header with a very long list. */
function longList(random: SeededRandom): string {
  const member = random.pick(MEMBERS);
  const members = member.repeat(Math.floor(random.pick(LIST_LENGTHS) / member.length));
  return `${random.pick(LISTS)}: ${random.pick(["", "x", "websocket, "])}${members}${
    random.pick(["", "x", "upgrade"])
  }`;
}

/** A random request with a body, which may be longer or shorter than its header says. */
function withBody(host: string, random: SeededRandom): readonly string[] {
  const body = "x".repeat(random.below(3000));
  const [length, content] = random.pick([
    [`Content-Length: ${body.length}`, body],
    [`Content-Length: ${random.below(200_000_000)}`, body],
    ["Transfer-Encoding: chunked", `${body.length.toString(16)}\r\n${body}\r\n0\r\n`],
    ["Transfer-Encoding: chunked", `ffffff\r\n${body}`],
  ]);
  return [`${random.pick(METHODS)} ${random.pick(PATHS)} HTTP/1.1`, host, length, "", content];
}

/** A random request of the HTTP API. Its body may be longer or shorter than its header says. */
function apiRequest(host: string, random: SeededRandom): readonly string[] {
  const body = random.pick(API_BODIES);
  const length = random.chance(0.8) ? body.length : random.below(100_000);
  return [
    `${random.pick(METHODS)} ${random.pick(API_PATHS)} HTTP/1.1`,
    ...[host, random.pick(API_HEADERS), `Content-Type: ${random.pick(API_TYPES)}`],
    ...[`Content-Length: ${length}`, "", body],
  ];
}

/** A frame of HTTP/2. */
function http2Frame(type: number, flags: number, stream: number, payload: Bytes): Bytes {
  return concat([Uint8Array.of(0, 0, payload.length, type, flags, 0, 0, 0, stream), payload]);
}

/** An upgrade request in HTTP/2, which has no upgrades. */
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

/** A random request that resembles an upgrade request. */
export function makeRequest(random: SeededRandom): Script {
  const good = [
    ...["GET /ws HTTP/1.1", `Host: ${HOST}`, "Connection: Upgrade", "Upgrade: websocket"],
    ...["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
  ];
  const write = (lines: readonly string[]): Bytes[] =>
    [...lines, ""].map((line) => encoder.encode(`${line}\r\n`));
  const at = 1 + random.below(good.length - 1);
  const kinds: Readonly<Record<string, () => Bytes[]>> = {
    "random bytes": () => [noise(random, 1 + random.below(2000))],
    "missing header": () => write(good.toSpliced(at, 1)),
    "odd header": () => write(good.toSpliced(at, random.below(2), random.pick(HEADERS))),
    "odd spaces": () => write([...good, OFFER]).map((line) => spaceOut(line, random)),
    "long list": () => write(good.toSpliced(at, random.below(2), longList(random))),
    "other path": () => {
      const host = random.chance(0.7) ? good[1] ?? "" : random.pick(HEADERS);
      return write([
        `${random.pick(METHODS)} ${random.pick(PATHS)} HTTP/1.1`,
        host,
        longList(random),
      ]);
    },
    "body": () => write(withBody(good[1] ?? "", random)),
    "API": () => write(apiRequest(good[1] ?? "", random)),
    "odd first line": () => write(good.with(0, random.pick(FIRST_LINES))),
    "flipped bits in a request": () => flip(write(good), random),
    "half a request": () => write(good).slice(0, at),
    "HTTP/2": () => [http2(good.slice(at))],
    "flipped bits in HTTP/2": () => flip([http2(good.slice(at))], random),
  };
  const kind = random.pick(Object.keys(kinds));
  return { kind, parts: kinds[kind]?.() ?? [], early: 0, ending: "half-close" };
}
