import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  encodeCommand,
  ProtocolError,
  type Reply,
  ReplyError,
  ReplyParser,
  utf8Length,
} from "../../../chat/broker/redis/resp.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const MIB = 1_048_576;

const encode = (text: string) => new TextEncoder().encode(text);

const parse = (text: string) => new ReplyParser(MIB).push(encode(text));

/** Encodes a reply as Redis does. */
function encodeReply(reply: Reply): string {
  if (reply === null) return "$-1\r\n";
  if (typeof reply === "number") return `:${reply}\r\n`;
  if (typeof reply === "string") return `$${utf8Length(reply)}\r\n${reply}\r\n`;
  if (reply instanceof ReplyError) return `-${reply.message}\r\n`;
  return `*${reply.length}\r\n${reply.map(encodeReply).join("")}`;
}

const TEXTS = [
  "",
  "a",
  "é",
  "😀",
  "\r\n",
  "$5\r\n",
  "\ufeffmark",
  "\0",
  "x".repeat(3000),
  "ä".repeat(700),
];

function randomReply(random: SeededRandom, depth = 0): Reply {
  switch (random.below(depth < 4 ? 6 : 4)) {
    case 0:
      return null;
    case 1:
      return random.below(2 ** 31) * random.pick([1, -1]) + random.below(2 ** 20);
    case 2:
      return new ReplyError(random.pick(["NOSCRIPT No matching script", "BUSY", "ERR é"]));
    case 3:
      return random.list(3, () => random.pick(TEXTS)).join("");
    default:
      return random.list(random.below(6), () => randomReply(random, depth + 1));
  }
}

const REPLIES: readonly [string, Reply][] = [
  ["+OK\r\n", "OK"],
  ["+\r\n", ""],
  [":0\r\n", 0],
  [":-12\r\n", -12],
  [":+12\r\n", 12],
  [":9007199254740991\r\n", Number.MAX_SAFE_INTEGER],
  ["$0\r\n\r\n", ""],
  ["$4\r\n\r\n\r\n\r\n", "\r\n\r\n"],
  ["$-1\r\n", null],
  ["*-1\r\n", null],
  ["*0\r\n", []],
  ["*2\r\n*1\r\n*0\r\n:1\r\n", [[[]], 1]],
  ["$3\r\n\u{feff}\r\n", "\ufeff"],
];

for (const [text, reply] of REPLIES) {
  Deno.test(`ReplyParser.push() reads ${JSON.stringify(text)}`, () => {
    assertEquals(parse(text), [reply]);
  });
}

Deno.test("ReplyParser.push() reads errors, alone and in arrays", () => {
  const [alone, array] = parse("-WRONGPASS no\r\n*2\r\n-OOM\r\n:1\r\n");
  const read = (reply: Reply | undefined) =>
    reply instanceof ReplyError ? [reply.code, reply.message] : reply;
  assertEquals(read(alone), ["WRONGPASS", "WRONGPASS no"]);
  assertEquals((array as readonly Reply[]).map(read), [["OOM", "OOM"], 1]);
});

Deno.test("ReplyParser.push() reads replies that are split anywhere", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new SeededRandom(seed);
    const replies = random.list(8, () => randomReply(random));
    const bytes = encode(replies.map(encodeReply).join(""));
    const most = random.pick([1, 3, 100, 10_000]);
    const parser = new ReplyParser(MIB);
    const read: Reply[] = [];
    // One buffer for all chunks, as a connection has.
    const chunk = new Uint8Array(most);
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + 1 + random.below(most));
      chunk.set(part);
      read.push(...parser.push(chunk.subarray(0, part.length)));
      chunk.fill(0xff);
      at += part.length;
    }
    assertEquals(read.map(encodeReply), replies.map(encodeReply), `seed ${seed}`);
  }
});

Deno.test("ReplyParser.push() reads text that is no UTF-8", () => {
  const bytes = Uint8Array.of(...encode("$3\r\n"), 0xff, 0xc3, 0x28, ...encode("\r\n:1\r\n"));
  assertEquals(new ReplyParser(MIB).push(bytes), ["\ufffd\ufffd(", 1]);
});

const GARBAGE = [
  "\r\n",
  "\n",
  "OK\r\n",
  "HTTP/1.1 400 Bad Request\r\n",
  "+OK\n",
  ":\r\n",
  ":1.5\r\n",
  ":0x10\r\n",
  ": 1\r\n",
  ":-\r\n",
  ":123456789012345678901\r\n",
  "$-2\r\n",
  "*-2\r\n",
  "$\r\n",
  "$a\r\n",
  "$1\r\nabc",
  "$2\r\na\r\n\r\n",
  "%1\r\n",
  "_\r\n",
  "\x15\x03\x01\x00\x02\r\n",
  "*1\r\n".repeat(33),
];

for (const text of GARBAGE) {
  Deno.test(`ReplyParser.push() refuses ${JSON.stringify(text.slice(0, 30))}`, () => {
    assertThrows(() => parse(text), ProtocolError);
  });
}

const HOSTILE: readonly [string, string][] = [
  ["a long bulk string", "$99999999999\r\n"],
  ["a long array", "*99999999\r\n"],
  ["many small items", `*15600\r\n${"*0\r\n".repeat(15_500)}`],
  [
    "bulk strings that are too much together",
    `*3\r\n$600000\r\n${"x".repeat(600_000)}\r\n$600000\r\n`,
  ],
  ["a line without end", "+".repeat(65_537)],
  ["a number without end", `:${"1".repeat(65_537)}`],
];

for (const [name, text] of HOSTILE) {
  Deno.test(`ReplyParser.push() refuses ${name}`, () => {
    assertThrows(() => parse(text), ProtocolError, "more than");
  });
}

Deno.test("ReplyParser.push() allows much in replies that are small each", () => {
  const parser = new ReplyParser(2000);
  const replies = parser.push(encode(encodeReply(["x".repeat(1000)]).repeat(1000)));
  assertEquals(replies.length, 1000);
});

Deno.test("ReplyParser.push() survives random bytes, with an error or without", () => {
  const random = new SeededRandom(7);
  const alphabet = encode("+-:$*0123456789\r\n\r\nxé");
  for (let i = 0; i < 3000; i++) {
    const parser = new ReplyParser(10_000);
    try {
      for (let j = 0; j < 10; j++) {
        parser.push(
          Uint8Array.from(random.list(random.below(30), () => random.pick([...alphabet]))),
        );
      }
    } catch (error) {
      assert(error instanceof ProtocolError, `${error}`);
    }
  }
});

const LINEAR: readonly [string, string][] = [
  ["a bulk string", encodeReply("é".repeat(3_000_000))],
  ["an array of small items", encodeReply(Array(400_000).fill("a"))],
  ["many replies", "+OK\r\n".repeat(600_000)],
];

for (const [name, text] of LINEAR) {
  Deno.test(`ReplyParser.push() takes a time linear in ${name}`, () => {
    const bytes = encode(text);
    const parser = new ReplyParser(1e9);
    const start = performance.now();
    for (let at = 0; at < bytes.length; at += 100) parser.push(bytes.subarray(at, at + 100));
    // Linear: below 1 s. To look at everything that came before with each piece takes minutes.
    const elapsedMs = performance.now() - start;
    assert(elapsedMs < 30_000, `${elapsedMs} ms`);
  });
}

Deno.test("encodeCommand() counts bytes, as the encoder of UTF-8 writes them", () => {
  assertEquals(encodeCommand(["SET", "é", 7]), "*3\r\n$3\r\nSET\r\n$2\r\né\r\n$1\r\n7\r\n");
  const units = ["a", "é", "€", "😀", "\ud83d", "\ude00", "\uffff", "\0"];
  const random = new SeededRandom(3);
  for (let i = 0; i < 500; i++) {
    const text = random.list(random.below(8), () => random.pick(units)).join("");
    assertEquals(utf8Length(text), encode(text).length, JSON.stringify(text));
  }
});
