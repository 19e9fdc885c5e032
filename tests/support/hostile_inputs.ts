/**
 * Readers of untrusted text, and texts made to slow them down.
 *
 * Regular expressions backtrack, and other code has nested loops: each reader gets long runs of what
 * it searches for, of the greatest length that a client can send.
 *
 * @module
 */

import { createAssets } from "../../chat/http/assets.ts";
import { JSON_LIMITS, MAX_BODY_BYTES, parseMediaType } from "../../chat/http/api/post.ts";
import { headerList, MAX_HEADER_BYTES, MAX_TARGET_LENGTH } from "../../chat/http/request.ts";
import { createChat, parseConfig } from "../../chat/mod.ts";
import { parseObject } from "../../chat/protocol/json.ts";
import { isPosition, parseCommand } from "../../chat/protocol/parse.ts";
import { checkName, checkRoom, MAX_NAME_LENGTH, MAX_NAME_UNITS } from "../../chat/text/names.ts";
import { skeletonsOf } from "../../chat/text/skeletons.ts";
import { checkText } from "../../chat/text/texts.ts";
import { isMentioned } from "../../static/model/mentions.js";
import { offerRoom, roomProblem, writtenRoom } from "../../static/model/misnamed.js";
import {
  foldName,
  nameProblem,
  parseRoom,
  roomOfPath,
  suggestName,
} from "../../static/model/names.js";
import { tokenize } from "../../static/model/tokens.js";
import { FakeTimers } from "./fake_hub.ts";
import { handshake } from "./tcp_connection.ts";

/** A function that reads untrusted text. */
export interface Reader {
  readonly name: string;
  /** The length of the longest text that it reads, in UTF-16 units. */
  readonly maxLength: number;
  /** The length of the longest text that it gets, where that is more. */
  readonly maxGiven?: number;
  /** Prepares the timed call. Throws if the text can't reach the reader: a header has no "\n". */
  prepare(text: string): () => unknown;
}

/** The slowest text of a reader. */
export interface Worst {
  readonly ms: number;
  readonly input: string;
}

/** Ten times the duration of a linear reader on a slow machine. */
export const MAX_MS = 20;

const { frameBytes, textLength } = parseConfig({});
/** The longest header value: the block of headers has others, too. */
const HEADER_LENGTH = MAX_HEADER_BYTES - 500;

const ASSETS = createAssets([["index.html", new Uint8Array(1000)]]);

const chat = createChat({
  config: parseConfig({
    CHAT_CONNECTIONS_PER_ADDRESS: "0",
    CHAT_HOSTS: "chat.example",
    CHAT_METRICS_TOKEN: "secret",
    CHAT_TRUST_PROXY: "10",
  }),
  assets: ASSETS,
  timers: new FakeTimers(),
  logger() {},
  now: Date.now,
});

const CLIENT: Deno.ServeHandlerInfo = {
  remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 1 },
  completed: Promise.resolve(),
};

/** A whole request with the text in one header. `maxLength` is the length that the server reads. */
function header(
  name: string,
  maxLength: number,
  path: string,
  others: Readonly<Record<string, string>> = {},
): Reader {
  return {
    name: `${name} of ${path}`,
    maxLength,
    maxGiven: HEADER_LENGTH,
    prepare(text) {
      const headers = new Headers({ host: "chat.example", ...others });
      headers.set(name, text);
      const request = new Request(`http://${headers.get("host")}${path}`, { headers });
      return () => chat.handle(request, CLIENT);
    },
  };
}

function reader(name: string, maxLength: number, read: (text: string) => unknown): Reader {
  return { name, maxLength, prepare: (text) => () => read(text) };
}

/** The members whose names a mention may contain. */
const MEMBERS = Array.from({ length: 200 }, (_, i) => ({ id: `${i}`, name: `Ada ${i}` }));

/** All readers: first the server's, then the page's. */
export const READERS: readonly Reader[] = [
  header("Host", 260, "/"),
  header("X-Forwarded-Host", HEADER_LENGTH, "/"),
  header("X-Forwarded-For", HEADER_LENGTH, "/"),
  header("If-None-Match", 1024, "/"),
  header("Accept-Encoding", 256, "/"),
  header("Authorization", 512, "/metrics"),
  header("Content-Length", HEADER_LENGTH, "/"),
  header("Connection", 1024, "/ws"),
  header("Upgrade", HEADER_LENGTH, "/ws", { connection: "upgrade" }),
  header("Origin", 512, "/ws", handshake()),
  header("X-Probe", 512, "/ws"),
  header("Sec-WebSocket-Key", HEADER_LENGTH, "/ws", handshake()),
  header("Cookie", HEADER_LENGTH, "/"),
  header("Authorization", HEADER_LENGTH, "/api/rooms/a/messages"),
  header("Chat-Password", 1024, "/api/rooms/a/messages"),
  header("Room-Password", 1024, "/api/rooms/a/messages"),
  {
    name: "90 headers of /",
    maxLength: HEADER_LENGTH,
    prepare(text) {
      const headers = new Headers({ host: "chat.example" });
      const length = Math.floor(text.length / 90) - "x-00: \r\n".length;
      for (let i = 0; i < 90; i++) headers.set(`x-${i}`, text.slice(0, length));
      const request = new Request("http://chat.example/", { headers });
      return () => chat.handle(request, CLIENT);
    },
  },
  // Called directly: the server reads this header only on a real socket.
  reader("Sec-WebSocket-Protocol", 1024, headerList),
  {
    name: "a path",
    maxLength: MAX_TARGET_LENGTH,
    prepare(text) {
      const request = new Request(`http://chat.example/r/${text}`, {
        headers: { host: "chat.example" },
      });
      return () => chat.handle(request, CLIENT);
    },
  },
  {
    name: "a query of /api",
    maxLength: MAX_TARGET_LENGTH - 100,
    prepare(text) {
      const request = new Request(`http://chat.example/api/rooms/a/messages?q=${text}`, {
        headers: { host: "chat.example" },
      });
      return () => chat.handle(request, CLIENT);
    },
  },
  reader("parseMediaType()", HEADER_LENGTH, parseMediaType),
  reader("parseObject()", MAX_BODY_BYTES, (text) => parseObject(text, JSON_LIMITS)),
  reader("parseCommand()", frameBytes, parseCommand),
  reader("isPosition()", frameBytes, isPosition),
  reader("checkRoom()", frameBytes, checkRoom),
  reader("checkName()", MAX_NAME_UNITS, checkName),
  reader("skeletonsOf()", 2 * MAX_NAME_LENGTH, skeletonsOf),
  reader("checkText()", frameBytes, (text) => checkText(text, textLength)),
  reader("page: parseRoom()", textLength, parseRoom),
  reader("page: roomOfPath()", MAX_TARGET_LENGTH, roomOfPath),
  reader("page: writtenRoom()", MAX_TARGET_LENGTH, (text) => writtenRoom(`/r/${text}`)),
  reader("page: roomProblem()", MAX_TARGET_LENGTH, roomProblem),
  reader("page: offerRoom()", MAX_TARGET_LENGTH, offerRoom),
  reader("page: foldName()", textLength, foldName),
  reader("page: nameProblem()", textLength, (name) => nameProblem(name, MAX_NAME_LENGTH)),
  reader("page: suggestName()", 2 * MAX_NAME_LENGTH, (name) => suggestName(name, MAX_NAME_LENGTH)),
  reader("page: isMentioned(), a text", textLength, (text) => isMentioned(text, "Ada", MEMBERS)),
  reader(
    "page: isMentioned(), a name",
    2 * MAX_NAME_LENGTH,
    (name) => isMentioned("@a @ @@".repeat(1000), name, MEMBERS),
  ),
  reader("page: tokenize()", textLength, (text) => tokenize(text)),
];

/** The parts of runs: everything in an expression or a separator, and the costliest characters. */
const PIECES = [
  ...[" ", "\t", "\n", "\u00a0", "a", "A", "0", "_", "-", ".", "/", "\\", ":", ";", ",", "=", "%"],
  ...[
    "@",
    "#",
    "?",
    "!",
    "*",
    "|",
    "'",
    '"',
    "`",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "+",
    "&",
    "\u0000",
  ],
  ...[
    ", ",
    " ,",
    "a ",
    "a,",
    "a, ",
    '"a"',
    '"a", ',
    "a=b; ",
    "a;q=0,",
    "1.",
    "1.1.1.1,",
    "::",
    "a:",
  ],
  ...[
    "[::1]",
    "%41",
    "..",
    "../",
    "//",
    "Bearer ",
    "chat.v1,",
    "upgrade,",
    "```",
    "```\n",
    "\n```",
  ],
  ...[
    "`a",
    "``a",
    "_*~",
    "**a ",
    "*a_ ",
    "*.* ",
    "> ",
    "> a\n",
    "- a\n",
    "http://a",
    "https://a)",
    "http://a.",
    "@Ada",
    "@Ad",
    "{}",
    "[[",
    '\\"',
    "\\u0000",
  ],
  ...[
    "é",
    "ﬃ",
    "ß",
    "\ud83d",
    "😀",
    "👨‍👩‍👧",
    "\u0344",
    "\u0334",
    "e\u0301",
    "\ufe0f",
    " \ufe0f",
    "\u200d",
    "ﷺ",
    "각",
  ],
];

/** Hostile texts of at most `maxLength` units. */
function* hostileTexts(maxLength: number): Generator<[text: string, input: string]> {
  for (const piece of PIECES) {
    const run = (length: number) => piece.repeat(Math.max(0, Math.floor(length / piece.length)));
    const shown = JSON.stringify(piece).replace(
      /[^ -~]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    yield [run(maxLength), `${shown}…`];
    yield [`x${run(maxLength - 2)}x`, `"x" ${shown}… "x"`];
    yield [`http://a${run(maxLength - 8)}`, `"http://a" ${shown}…`];
    yield [`Bearer ${run(maxLength - 8)}\u007f`, `"Bearer " ${shown}… "\\u007f"`];
    const half = Math.floor(maxLength / 2);
    yield [`a${run(half - 1)}${"\u0334".repeat(half)}`, `"a" ${shown}… "\\u0334"…`];
  }
}

/** Rounds of a text, and of one that seems too slow: other processes may have the processor. */
const ROUNDS = { least: 3, most: 30 };

/** Finds the slowest text of a reader. Each text counts with the fastest of a few rounds. */
export function worstOf({ maxLength, maxGiven = maxLength, prepare }: Reader): Worst {
  let worst: Worst = { ms: 0, input: "" };
  for (const length of new Set([maxLength, maxGiven])) {
    for (const [text, input] of hostileTexts(length)) {
      const ms = bestMs(() => prepare(text));
      if (ms > worst.ms) worst = { ms, input };
    }
  }
  return worst;
}

function bestMs(prepare: () => () => unknown): number {
  let best = Infinity;
  for (let round = 0; round < (best > MAX_MS ? ROUNDS.most : ROUNDS.least); round++) {
    let call: () => unknown;
    try {
      call = prepare();
    } catch {
      return 0;
    }
    const start = performance.now();
    call();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
