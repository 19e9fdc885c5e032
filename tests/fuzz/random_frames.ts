/**
 * What is written on a connection for fuzzing: frames as RFC 6455 has them, and as it does not.
 *
 * @module
 */

import type { Chance } from "../support/seeded_random.ts";
import { makeJoin, makeOne, makeSample, type Sample } from "./random_commands.ts";
import { concat } from "./oracle_frames.ts";
import { Opcode } from "../support/frames.ts";
import { HOST } from "../support/tcp_connection.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How a connection is left: when all is answered, by half, or at once and with answers unread. */
export type Ending = "stay" | "half-close" | "cut";

/** What a client does on one connection. */
export interface Script {
  readonly kind: string;
  readonly parts: readonly Bytes[];
  /** How many parts come in one piece with the upgrade request. */
  readonly early: number;
  readonly ending: Ending;
}

/** How a frame differs from a good one. */
interface FrameOptions {
  readonly final?: boolean;
  readonly reserved?: number;
  readonly masked?: boolean;
  /** How many bytes the length takes besides the seven bits: as few as it can, if left out. */
  readonly lengthBytes?: 0 | 2 | 8;
  /** What the length says, if it lies. */
  readonly length?: bigint;
}

const encoder = new TextEncoder();

/** No UTF-8: lone, overlong, surrogates, beyond Unicode, cut off. */
const NO_UTF8 = [
  ...[[0xff], [0xfe, 0xff], [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80]],
  ...[[0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80]],
  ...[[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0x22, 0xc3, 0x28, 0x22]],
];

const CLOSE_CODES = [
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 3000, 4000, 4500, 4999],
  ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535],
];

const LIES = [
  1n,
  16_385n,
  65_536n,
  2n ** 26n - 1n,
  2n ** 26n + 1n,
  2n ** 31n,
  2n ** 40n,
  2n ** 62n,
];

/** What is done wrong, or only seldom. */
const DEEDS: Readonly<Record<string, (chance: Chance) => Bytes[]>> = {
  "nothing": () => [],
  "reserved opcode": (chance) => [frame(chance.of([3, 4, 5, 6, 7, 11, 12, 15]), "{}", chance)],
  "reserved bit": (chance) => {
    return [frame(chance.of([1, 2, 8, 9, 10]), "", chance, { reserved: 1 + chance.below(7) })];
  },
  "unmasked": (chance) => [frame(Opcode.TEXT, ping(chance), chance, { masked: false })],
  "bad UTF-8": (chance) => [frame(Opcode.TEXT, concat(badText(chance)), chance)],
  "bad UTF-8 in fragments": (chance) => fragments(Opcode.TEXT, badText(chance), chance),
  "bad UTF-8 that never ends": (chance) => {
    return fragments(Opcode.TEXT, badText(chance), chance).slice(0, -1);
  },
  "character in fragments": (chance) => {
    return inFragments(JSON.stringify({ type: "ping", x: "é🙂あ".repeat(9) }), chance, 40);
  },
  "fragments never ended": (chance) => {
    return Array.from(
      { length: 1 + chance.below(50) },
      (_, i) => frame(i === 0 ? Opcode.TEXT : Opcode.CONTINUATION, "{", chance, { final: false }),
    );
  },
  "message within a message": (chance) => [
    frame(Opcode.TEXT, '{"type":', chance, { final: false }),
    frame(chance.of([Opcode.TEXT, Opcode.BINARY]), '"ping"}', chance, { final: chance.is(0.5) }),
  ],
  "empty fragments": (chance) => {
    const empty = chance.list(chance.below(500), () => new Uint8Array());
    return fragments(Opcode.TEXT, [...empty, encoder.encode(ping(chance))], chance);
  },
  "control frames in fragments": (chance) =>
    inFragments(ping(chance), chance, 5).flatMap((fragment) => [fragment, control(chance)]),
  "close in fragments": (chance) => {
    return inFragments(ping(chance), chance, 3).toSpliced(1, 0, close(chance));
  },
  "fragmented control frame": (chance) => [
    frame(chance.of([8, 9, 10]), "ab", chance, { final: false }),
    frame(Opcode.CONTINUATION, "c", chance),
  ],
  "long control frame": (chance) => {
    const length = chance.of([126, 127, 200, 65_535, 65_536, 100_000]);
    return [frame(chance.of([8, 9, 10]), "\u0003".repeat(length), chance)];
  },
  "longest control frame": (chance) => [frame(Opcode.PING, "x".repeat(125), chance)],
  "many control frames": (chance) => chance.list(chance.below(300), () => control(chance)),
  "longer length than needed": (chance) => [
    frame(Opcode.TEXT, ping(chance), chance, { lengthBytes: chance.of([2, 8]) }),
  ],
  "length that lies": (chance) => [
    frame(chance.of([0, 1, 2]), ping(chance), chance, { length: chance.of(LIES), lengthBytes: 8 }),
  ],
  "length of 16 bits that lies": (chance) => {
    const length = BigInt(chance.below(65_536));
    return [frame(Opcode.TEXT, ping(chance), chance, { length, lengthBytes: 2 })];
  },
  "length with the top bit": (chance) => {
    const length = 2n ** 63n + BigInt(chance.below(2 ** 32));
    return [frame(chance.of([1, 2]), ping(chance), chance, { length, lengthBytes: 8 })];
  },
  "continuation of nothing": (chance) => {
    return [frame(Opcode.CONTINUATION, ping(chance), chance, { final: chance.is(0.5) })];
  },
  "close": (chance) => [close(chance)],
  "close of one byte": (chance) => [frame(Opcode.CLOSE, Uint8Array.of(3), chance)],
  "close with a bad reason": (chance) => {
    const reason = concat([Uint8Array.of(3, 0xe8), ...badText(chance)]);
    return [frame(Opcode.CLOSE, reason.slice(0, 125), chance)];
  },
  "two closes": (chance) => [close(chance), close(chance)],
  "binary": (chance) => [frame(Opcode.BINARY, ping(chance), chance)],
  "no text": (chance) => [frame(Opcode.TEXT, "", chance)],
  "over the limit": (
    chance,
  ) => [frame(Opcode.TEXT, " ".repeat(chance.of([16_384, 16_385, 70_000, 300_000])), chance)],
  "over the limit in fragments": (chance) => inFragments(" ".repeat(20_000), chance, 9),
  "another request": () => [encoder.encode(`GET /healthz HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`)],
  "noise": (chance) => [noise(chance, 1 + chance.below(300))],
};

/** What is written on a connection: good frames, and in most cases something between them. */
export function makeSequence(chance: Chance): Script {
  const kind = chance.of(Object.keys(DEEDS));
  const deed = DEEDS[kind]?.(chance) ?? [];
  const hello = chance.is(0.8) ? inFragments(makeOne("hello", chance).frame, chance) : [];
  const before = chance.list(chance.below(4), () => good(chance)).flat();
  const after = chance.list(chance.below(4), () => good(chance)).flat();
  const parts = [...hello, ...before, ...deed, ...after];
  const early = chance.is(0.2) ? chance.below(parts.length + 1) : 0;
  const ending = chance.of(["stay", "stay", "stay", "stay", "half-close", "cut"] as const);
  if (!chance.is(0.1)) return { kind, parts, early, ending };
  return { kind: "flipped bits", parts: flip(parts, chance), early, ending };
}

const COMMANDS_PER_SESSION = 25;

/** What some clients do without end, and how often that is. */
const WITHOUT_END = ["join", "send", "typing", "history", "rename"];
const MANY = 150;

/** Commands on a connection, good and bad, in good frames. */
export function makeSession(chance: Chance): Script {
  const isManic = chance.is(0.04);
  const passion = chance.of(WITHOUT_END);
  const samples = [
    ...chance.is(0.9) ? [makeOne("hello", chance)] : [],
    ...chance.list(1 + chance.below(4), () => makeJoin(chance)),
    ...isManic ? chance.list(MANY, () => makeOne(passion, chance)) : [],
    ...chance.list(COMMANDS_PER_SESSION, () => fitting(chance)),
  ];
  const parts = samples.flatMap(({ frame }) => inFragments(frame, chance));
  return { kind: "commands", parts, early: 0, ending: chance.is(0.95) ? "stay" : "cut" };
}

/** A sample that seldom ends the conversation by its size. */
function fitting(chance: Chance): Sample {
  const sample = makeSample(chance);
  return sample.frame.length < 16_000 || chance.is(0.1) ? sample : fitting(chance);
}

/** A message as a client may send it, or a control frame. */
function good(chance: Chance): Bytes[] {
  const die = chance.next();
  if (die < 0.2) return [control(chance)];
  if (die < 0.7) return inFragments(ping(chance), chance);
  if (die < 0.8) return inFragments(makeJoin(chance).frame, chance);
  return inFragments(makeSample(chance).frame, chance);
}

/** A text as one frame or several. */
function inFragments(text: string, chance: Chance, most = 4): Bytes[] {
  const bytes = encoder.encode(text);
  const cuts = chance.is(0.6)
    ? []
    : chance.list(chance.below(most), () => chance.below(bytes.length));
  const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
  const pieces = places.slice(1).map((end, i) => bytes.slice(places[i], end));
  return fragments(Opcode.TEXT, pieces, chance);
}

function fragments(opcode: number, pieces: readonly Bytes[], chance: Chance): Bytes[] {
  return pieces.map((piece, i) =>
    frame(i === 0 ? opcode : Opcode.CONTINUATION, piece, chance, { final: i === pieces.length - 1 })
  );
}

function ping(chance: Chance): string {
  return JSON.stringify({ type: "ping", ref: `${chance.below(2 ** 32)}` });
}

function control(chance: Chance): Bytes {
  return frame(chance.of([Opcode.PING, Opcode.PONG]), noise(chance, chance.below(126)), chance);
}

function close(chance: Chance): Bytes {
  const code = chance.of(CLOSE_CODES);
  const reason = chance.of(["", "bye", "é".repeat(61)]);
  const payload = concat([Uint8Array.of(code >> 8, code & 255), encoder.encode(reason)]);
  return frame(Opcode.CLOSE, chance.is(0.1) ? "" : payload, chance);
}

/** A text with bytes in the middle that are no UTF-8. */
function badText(chance: Chance): Bytes[] {
  return [
    encoder.encode('{"type":"ping","x":"é'),
    Uint8Array.from(chance.of(NO_UTF8)),
    encoder.encode('"}'),
  ];
}

/** Bytes that mean nothing. */
export function noise(chance: Chance, length: number): Bytes {
  return Uint8Array.from(chance.list(length, () => chance.below(256)));
}

/** Changes one to three bits anywhere. */
export function flip(parts: readonly Bytes[], chance: Chance): Bytes[] {
  const flipped = parts.map((part) => part.slice());
  for (let count = 1 + chance.below(3); count > 0 && flipped.length > 0; count--) {
    const part = chance.of(flipped);
    // Most often in the head.
    const at = chance.below(chance.is(0.7) ? Math.min(8, part.length) : part.length);
    part[at] = (part[at] ?? 0) ^ (1 << chance.below(8));
  }
  return flipped;
}

function frame(
  opcode: number,
  payload: string | Bytes,
  chance: Chance,
  options: FrameOptions = {},
): Bytes {
  const bytes = typeof payload === "string" ? encoder.encode(payload) : payload.slice();
  const { final = true, reserved = 0, masked = true, length = BigInt(bytes.length) } = options;
  const { lengthBytes = length < 126n ? 0 : length < 65_536n ? 2 : 8 } = options;
  const short = { 0: Number(length), 2: 126, 8: 127 }[lengthBytes];
  const long = new DataView(new ArrayBuffer(8));
  long.setBigUint64(0, length);
  const mask = masked ? noise(chance, 4) : new Uint8Array();
  for (let i = 0; masked && i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ (mask[i % 4] ?? 0);
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  return concat([
    Uint8Array.of(first, (masked ? 0x80 : 0) | short),
    new Uint8Array(long.buffer, 8 - lengthBytes),
    mask,
    bytes,
  ]);
}
