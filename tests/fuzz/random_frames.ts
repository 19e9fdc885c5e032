/**
 * Random WebSocket frames for fuzzing: valid ones, and violations of RFC 6455.
 *
 * @module
 */

import type { SeededRandom } from "../support/seeded_random.ts";
import { makeJoin, makeOne, makeSample, type Sample } from "./random_commands.ts";
import { concat } from "./oracle_frames.ts";
import { Opcode } from "../support/frames.ts";
import { HOST } from "../support/tcp_connection.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How a client ends a connection: after all answers, by half-closing it, or with answers unread. */
export type Ending = "stay" | "half-close" | "cut";

/** The bytes that a client sends on one connection. */
export interface Script {
  readonly kind: string;
  readonly parts: readonly Bytes[];
  /** The number of parts that are sent in the same write as the upgrade request. */
  readonly early: number;
  readonly ending: Ending;
}

/** The differences between a frame and a valid one. */
interface FrameOptions {
  readonly final?: boolean;
  readonly reserved?: number;
  readonly masked?: boolean;
  /** The bytes of the length besides the seven bits. By default, as few as possible. */
  readonly lengthBytes?: 0 | 2 | 8;
  /** The length in the header, if it is not that of the payload. */
  readonly length?: bigint;
}

const encoder = new TextEncoder();

/** Invalid UTF-8: lone, overlong, surrogates, beyond Unicode, incomplete. */
const INVALID_UTF8 = [
  ...[[0xff], [0xfe, 0xff], [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80]],
  ...[[0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80]],
  ...[[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0x22, 0xc3, 0x28, 0x22]],
];

const CLOSE_CODES = [
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 3000, 4000, 4500, 4999],
  ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535],
];

const WRONG_LENGTHS = [
  1n,
  16_385n,
  65_536n,
  2n ** 26n - 1n,
  2n ** 26n + 1n,
  2n ** 31n,
  2n ** 40n,
  2n ** 62n,
];

/** Violations, and unusual but valid sequences of frames. */
const VIOLATIONS: Readonly<Record<string, (random: SeededRandom) => Bytes[]>> = {
  "nothing": () => [],
  "reserved opcode": (random) => [frame(random.pick([3, 4, 5, 6, 7, 11, 12, 15]), "{}", random)],
  "reserved bit": (random) => {
    return [frame(random.pick([1, 2, 8, 9, 10]), "", random, { reserved: 1 + random.below(7) })];
  },
  "unmasked": (random) => [frame(Opcode.TEXT, ping(random), random, { masked: false })],
  "bad UTF-8": (random) => [frame(Opcode.TEXT, concat(invalidText(random)), random)],
  "bad UTF-8 in fragments": (random) => fragments(Opcode.TEXT, invalidText(random), random),
  "bad UTF-8 that never ends": (random) => {
    return fragments(Opcode.TEXT, invalidText(random), random).slice(0, -1);
  },
  "characters in fragments": (random) => {
    return inFragments(JSON.stringify({ type: "ping", x: "é🙂あ".repeat(9) }), random, 40);
  },
  "fragments never ended": (random) => {
    return Array.from(
      { length: 1 + random.below(50) },
      (_, i) => frame(i === 0 ? Opcode.TEXT : Opcode.CONTINUATION, "{", random, { final: false }),
    );
  },
  "message within a message": (random) => [
    frame(Opcode.TEXT, '{"type":', random, { final: false }),
    frame(random.pick([Opcode.TEXT, Opcode.BINARY]), '"ping"}', random, {
      final: random.chance(0.5),
    }),
  ],
  "empty fragments": (random) => {
    const empty = random.list(random.below(500), () => new Uint8Array());
    return fragments(Opcode.TEXT, [...empty, encoder.encode(ping(random))], random);
  },
  "control frames in fragments": (random) =>
    inFragments(ping(random), random, 5).flatMap((fragment) => [fragment, control(random)]),
  "close in fragments": (random) => {
    return inFragments(ping(random), random, 3).toSpliced(1, 0, close(random));
  },
  "fragmented control frame": (random) => [
    frame(random.pick([8, 9, 10]), "ab", random, { final: false }),
    frame(Opcode.CONTINUATION, "c", random),
  ],
  "long control frame": (random) => {
    const length = random.pick([126, 127, 200, 65_535, 65_536, 100_000]);
    return [frame(random.pick([8, 9, 10]), "\u0003".repeat(length), random)];
  },
  "longest control frame": (random) => [frame(Opcode.PING, "x".repeat(125), random)],
  "many control frames": (random) => random.list(random.below(300), () => control(random)),
  "longer length than needed": (random) => [
    frame(Opcode.TEXT, ping(random), random, { lengthBytes: random.pick([2, 8]) }),
  ],
  "wrong length": (random) => [
    frame(random.pick([0, 1, 2]), ping(random), random, {
      length: random.pick(WRONG_LENGTHS),
      lengthBytes: 8,
    }),
  ],
  "wrong length of 16 bits": (random) => {
    const length = BigInt(random.below(65_536));
    return [frame(Opcode.TEXT, ping(random), random, { length, lengthBytes: 2 })];
  },
  "length with the top bit": (random) => {
    const length = 2n ** 63n + BigInt(random.below(2 ** 32));
    return [frame(random.pick([1, 2]), ping(random), random, { length, lengthBytes: 8 })];
  },
  "continuation without a message": (random) => {
    return [frame(Opcode.CONTINUATION, ping(random), random, { final: random.chance(0.5) })];
  },
  "close": (random) => [close(random)],
  "close of one byte": (random) => [frame(Opcode.CLOSE, Uint8Array.of(3), random)],
  "close with a bad reason": (random) => {
    const reason = concat([Uint8Array.of(3, 0xe8), ...invalidText(random)]);
    return [frame(Opcode.CLOSE, reason.slice(0, 125), random)];
  },
  "two closes": (random) => [close(random), close(random)],
  "binary": (random) => [frame(Opcode.BINARY, ping(random), random)],
  "empty text": (random) => [frame(Opcode.TEXT, "", random)],
  "over the limit": (
    random,
  ) => [frame(Opcode.TEXT, " ".repeat(random.pick([16_384, 16_385, 70_000, 300_000])), random)],
  "over the limit in fragments": (random) => inFragments(" ".repeat(20_000), random, 9),
  "another request": () => [encoder.encode(`GET /healthz HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`)],
  "noise": (random) => [noise(random, 1 + random.below(300))],
};

/** Valid frames on a connection, with one of {@linkcode VIOLATIONS} between them. */
export function makeFrames(random: SeededRandom): Script {
  const kind = random.pick(Object.keys(VIOLATIONS));
  const violation = VIOLATIONS[kind]?.(random) ?? [];
  const hello = random.chance(0.8) ? inFragments(makeOne("hello", random).frame, random) : [];
  const before = random.list(random.below(4), () => validFrames(random)).flat();
  const after = random.list(random.below(4), () => validFrames(random)).flat();
  const parts = [...hello, ...before, ...violation, ...after];
  const early = random.chance(0.2) ? random.below(parts.length + 1) : 0;
  const ending = random.pick(["stay", "stay", "stay", "stay", "half-close", "cut"] as const);
  if (!random.chance(0.1)) return { kind, parts, early, ending };
  return { kind: "flipped bits", parts: flip(parts, random), early, ending };
}

const COMMANDS_PER_SESSION = 25;

/** The commands that some clients repeat, and the number of repetitions. */
const REPEATED_TYPES = ["join", "send", "typing", "history", "rename"];
const REPEATS = 150;

/** Valid and mutated commands on a connection, in valid frames. */
export function makeSession(random: SeededRandom): Script {
  const isRepeating = random.chance(0.04);
  const repeated = random.pick(REPEATED_TYPES);
  const samples = [
    ...random.chance(0.9) ? [makeOne("hello", random)] : [],
    ...random.list(1 + random.below(4), () => makeJoin(random)),
    ...isRepeating ? random.list(REPEATS, () => makeOne(repeated, random)) : [],
    ...random.list(COMMANDS_PER_SESSION, () => fittingSample(random)),
  ];
  const parts = samples.flatMap(({ frame }) => inFragments(frame, random));
  return { kind: "commands", parts, early: 0, ending: random.chance(0.95) ? "stay" : "cut" };
}

/** A sample that seldom exceeds the size of a frame, which would end the connection. */
function fittingSample(random: SeededRandom): Sample {
  const sample = makeSample(random);
  return sample.frame.length < 16_000 || random.chance(0.1) ? sample : fittingSample(random);
}

/** A message in valid frames, or a control frame. */
function validFrames(random: SeededRandom): Bytes[] {
  const die = random.next();
  if (die < 0.2) return [control(random)];
  if (die < 0.7) return inFragments(ping(random), random);
  if (die < 0.8) return inFragments(makeJoin(random).frame, random);
  return inFragments(makeSample(random).frame, random);
}

/** A text in one frame or several. */
function inFragments(text: string, random: SeededRandom, most = 4): Bytes[] {
  const bytes = encoder.encode(text);
  const cuts = random.chance(0.6)
    ? []
    : random.list(random.below(most), () => random.below(bytes.length));
  const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
  const pieces = places.slice(1).map((end, i) => bytes.slice(places[i], end));
  return fragments(Opcode.TEXT, pieces, random);
}

function fragments(opcode: number, pieces: readonly Bytes[], random: SeededRandom): Bytes[] {
  return pieces.map((piece, i) =>
    frame(i === 0 ? opcode : Opcode.CONTINUATION, piece, random, { final: i === pieces.length - 1 })
  );
}

function ping(random: SeededRandom): string {
  return JSON.stringify({ type: "ping", ref: `${random.below(2 ** 32)}` });
}

function control(random: SeededRandom): Bytes {
  return frame(random.pick([Opcode.PING, Opcode.PONG]), noise(random, random.below(126)), random);
}

function close(random: SeededRandom): Bytes {
  const code = random.pick(CLOSE_CODES);
  const reason = random.pick(["", "bye", "é".repeat(61)]);
  const payload = concat([Uint8Array.of(code >> 8, code & 255), encoder.encode(reason)]);
  return frame(Opcode.CLOSE, random.chance(0.1) ? "" : payload, random);
}

/** A text with invalid UTF-8 in the middle. */
function invalidText(random: SeededRandom): Bytes[] {
  return [
    encoder.encode('{"type":"ping","x":"é'),
    Uint8Array.from(random.pick(INVALID_UTF8)),
    encoder.encode('"}'),
  ];
}

/** Random bytes. */
export function noise(random: SeededRandom, length: number): Bytes {
  return Uint8Array.from(random.list(length, () => random.below(256)));
}

/** Flips one to three random bits. */
export function flip(parts: readonly Bytes[], random: SeededRandom): Bytes[] {
  const flipped = parts.map((part) => part.slice());
  for (let count = 1 + random.below(3); count > 0 && flipped.length > 0; count--) {
    const part = random.pick(flipped);
    // Most often in the head of a frame.
    const at = random.below(random.chance(0.7) ? Math.min(8, part.length) : part.length);
    part[at] = (part[at] ?? 0) ^ (1 << random.below(8));
  }
  return flipped;
}

function frame(
  opcode: number,
  payload: string | Bytes,
  random: SeededRandom,
  options: FrameOptions = {},
): Bytes {
  const bytes = typeof payload === "string" ? encoder.encode(payload) : payload.slice();
  const { final = true, reserved = 0, masked = true, length = BigInt(bytes.length) } = options;
  const { lengthBytes = length < 126n ? 0 : length < 65_536n ? 2 : 8 } = options;
  const short = { 0: Number(length), 2: 126, 8: 127 }[lengthBytes];
  const long = new DataView(new ArrayBuffer(8));
  long.setBigUint64(0, length);
  const mask = masked ? noise(random, 4) : new Uint8Array();
  for (let i = 0; masked && i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ (mask[i % 4] ?? 0);
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  return concat([
    Uint8Array.of(first, (masked ? 0x80 : 0) | short),
    new Uint8Array(long.buffer, 8 - lengthBytes),
    mask,
    bytes,
  ]);
}
