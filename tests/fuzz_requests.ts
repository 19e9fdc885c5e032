/**
 * What is written for fuzzing in place of a request for a WebSocket.
 *
 * @module
 */

import type { Chance } from "./chance.ts";
import { flip, noise } from "./fuzz_frames.ts";
import { concat } from "./oracle_frames.ts";
import { HOST } from "./wire.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** What is written in place of an upgrade. */
export interface Garbage {
  readonly kind: string;
  readonly bytes: Bytes;
}

const HEADERS = [
  ...["Host: x", "Host:", "Host: [::1", "Host: a b", "Host: \u0080", "Connection: close"],
  ...["Upgrade: h2c", "Sec-WebSocket-Version: 12", "Sec-WebSocket-Key: x", "Origin: null"],
  ...["Origin: http://evil.example", "Content-Length: 5", "Content-Length: -1"],
  ...["Content-Length: 99999999999999999999", "Transfer-Encoding: chunked", "Expect: 100-continue"],
  ...["Sec-WebSocket-Protocol: ,,,", "Sec-WebSocket-Extensions: permessage-deflate", ": x", "x"],
  ...[
    "X-Forwarded-For: ",
    "X-Forwarded-For: [",
    "Cookie: \u0000",
    " folded: x",
    "Range: bytes=0-0",
  ],
  ...[`X-Long: ${"x".repeat(100_000)}`, "X-Many: x\r\n".repeat(500).trimEnd()],
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

/** Something in place of a request for an upgrade. */
export function makeGarbage(chance: Chance): Garbage {
  const good = [
    ...["GET /ws HTTP/1.1", `Host: ${HOST}`, "Connection: Upgrade", "Upgrade: websocket"],
    ...["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
  ];
  const write = (lines: readonly string[]): Bytes =>
    encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
  const at = 1 + chance.below(good.length - 1);
  switch (chance.below(6)) {
    case 0:
      return { kind: "noise", bytes: noise(chance, 1 + chance.below(2000)) };
    case 1:
      return { kind: "missing header", bytes: write(good.toSpliced(at, 1)) };
    case 2:
      return {
        kind: "odd header",
        bytes: write(good.toSpliced(at, chance.below(2), chance.of(HEADERS))),
      };
    case 3:
      return { kind: "odd first line", bytes: write(good.with(0, chance.of(FIRST_LINES))) };
    case 4:
      return { kind: "flipped bits", bytes: concat(flip([write(good)], chance)) };
    default:
      return { kind: "cut", bytes: write(good).slice(0, chance.below(150)) };
  }
}
