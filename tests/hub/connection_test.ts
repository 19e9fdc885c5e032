import { assert, assertEquals } from "@std/assert";
import type { Closing } from "../../chat/closings.ts";
import { Connection, type ConnectionOptions } from "../../chat/connection.ts";
import { Backpressure } from "../../chat/limits/backpressure.ts";
import { encodeEvent } from "../../chat/protocol/encode.ts";
import { refusal } from "../../chat/protocol/types.ts";
import { decode, FakeTransport, UNLIMITED, unlimitedAddress } from "../support/fake_hub.ts";

const NOW = 1_900_000_000_000;

const CONFIG: ConnectionOptions["config"] = {
  frameBytes: 16_384,
  commandRate: { burst: 100, perSecond: 50 },
  sendBufferBytes: 1000,
};

/** A connection, and what it has told the others. */
function connect(config: Partial<ConnectionOptions["config"]> = {}) {
  const transport = new FakeTransport();
  const told: string[] = [];
  const backpressure = new Backpressure<Connection>({
    sendBufferBytes: CONFIG.sendBufferBytes,
    stuckMs: 30_000,
    timers: { now: NOW, every: () => () => {} },
    lagMs: () => 0,
    resume: () => {},
    evict: () => {},
  });
  backpressure.hold = () => told.push("held");
  const connection = new Connection(transport, unlimitedAddress(), NOW, {
    config: { ...CONFIG, ...config },
    backpressure,
    scheduler: { pending: () => told.push("pending") },
    failed: () => told.push("failed"),
  });
  return { connection, transport, told };
}

/** Gives a connection a frame. Returns why it must close, or `undefined`. */
function admit(
  connection: Connection,
  frame: string | ArrayBuffer,
  now = NOW,
): Closing | undefined {
  const bytes = typeof frame === "string" ? new TextEncoder().encode(frame).length : 0;
  return connection.admit(frame, bytes, now);
}

const PONG = encodeEvent({ type: "pong" });

for (
  const [what, frame, code] of [
    ["a binary frame", new ArrayBuffer(2), 1003],
    ["an empty binary frame", new ArrayBuffer(0), 1003],
    ["one byte too many", "x".repeat(16_385), 1009],
    ["one byte too many, in two-byte characters", "é".repeat(8192) + "x", 1009],
    ["one byte too many, in three-byte characters", "€".repeat(5461) + "xx", 1009],
    ["one byte too many, in four-byte characters", "😀".repeat(4096) + "x", 1009],
  ] as const
) {
  Deno.test(`Connection.admit() closes with ${code} on ${what}`, () => {
    assertEquals(admit(connect().connection, frame)?.code, code);
  });
}

for (const frame of ["x".repeat(16_384), "é".repeat(8192), "😀".repeat(4096)]) {
  Deno.test(`Connection.admit() admits 16,384 bytes of "${frame.slice(0, 2)}"`, () => {
    const { connection } = connect();
    assertEquals([admit(connection, frame), connection.next(NOW)], [undefined, frame]);
  });
}

Deno.test("Connection.admit() closes with 4501 on one command more than the burst", () => {
  const { connection } = connect();
  for (let i = 0; i < 100; i++) {
    assertEquals([admit(connection, "{}"), connection.next(NOW)], [undefined, "{}"]);
  }
  assertEquals(admit(connection, "{}")?.code, 4501);
});

Deno.test("Connection.admit() admits 50 commands a second after the burst", () => {
  const { connection } = connect();
  const admitAt = (now: number) => [admit(connection, "{}", now), connection.next(now)];
  for (let i = 0; i < 100; i++) admitAt(NOW);
  for (let i = 1; i <= 100; i++) assertEquals(admitAt(NOW + i * 20), [undefined, "{}"]);
});

Deno.test("Connection.admit() counts no commands where there is no limit", () => {
  const { connection } = connect({ commandRate: UNLIMITED });
  for (let i = 0; i < 1000; i++) {
    assertEquals([admit(connection, "{}"), connection.next(NOW)], [undefined, "{}"]);
  }
});

Deno.test("Connection.recordBadCommand() says when twenty came within ten seconds", () => {
  const table: [what: string, times: number[], last: boolean][] = [
    ["19 at once", Array(19).fill(0), false],
    ["20 at once", Array(20).fill(0), true],
    ["the 20th just in time", [...Array(19).fill(0), 9999], true],
    ["the 20th when the first is forgotten", [...Array(19).fill(0), 10_000], false],
    ["20 in ten seconds", Array.from({ length: 20 }, (_, i) => i * 500), true],
    ["one a second for ever", Array.from({ length: 99 }, (_, i) => i * 1000), false],
    ["19, and 19 more later", [...Array(19).fill(0), ...Array(19).fill(10_000)], false],
  ];
  for (const [what, times, last] of table) {
    const { connection } = connect();
    const results = times.map((ms) => connection.recordBadCommand(NOW + ms));
    assertEquals(results.slice(0, -1).includes(true), false, what);
    assertEquals(results.at(-1), last, what);
  }
});

Deno.test("Connection.deliver() sends the frame as it is when nothing waits", () => {
  const { connection, transport } = connect();
  connection.deliver('[{"type":"pong"}]');
  assertEquals(transport.frames, ['[{"type":"pong"}]']);
});

Deno.test("Connection.deliver() puts events behind those that wait, in one frame", () => {
  const { connection, transport } = connect();
  connection.reply(encodeEvent({ type: "pong", ref: "1" }));
  connection.deliver('[{"type":"pong","ref":"2"}]');
  connection.flush();
  assertEquals(transport.frames.map(decode), [[
    { type: "pong", ref: "1" },
    { type: "pong", ref: "2" },
  ]]);
});

Deno.test("Connection.canTake() is true up to the mark, and must wait over it", () => {
  const { connection, transport, told } = connect();
  transport.bufferedAmount = 1000;
  assertEquals([connection.canTake(), told], [true, []]);
  transport.bufferedAmount = 1001;
  assertEquals([connection.canTake(), told], [false, ["held"]]);
});

Deno.test("Connection.canTake() counts what waits for the flush", () => {
  const { connection } = connect();
  connection.reply("x".repeat(1001));
  assertEquals(connection.canTake(), false);
});

Deno.test("Connection.deliver() drops everything after the end of the connection", () => {
  const { connection, transport } = connect();
  connection.end();
  connection.deliver("[1]");
  connection.reply(PONG);
  connection.flush();
  assertEquals(transport.frames, []);
});

Deno.test("Connection.deliver() does not throw what the transport throws", () => {
  const { connection, transport, told } = connect();
  transport.broken = true;
  connection.deliver("[1]");
  assertEquals(told, ["failed"]);
});

Deno.test("Connection.reply() sends nothing before the flush", () => {
  const { connection, transport, told } = connect();
  connection.reply(PONG);
  assertEquals([transport.frames, told], [[], ["pending"]]);
});

Deno.test("Connection.flush() sends all that waits as one frame, once", () => {
  const { connection, transport } = connect();
  connection.reply(PONG);
  connection.reply(PONG);
  connection.flush();
  connection.flush();
  assertEquals(transport.frames, ['[{"type":"pong"},{"type":"pong"}]']);
});

Deno.test("Connection.close() first sends the answers that wait", () => {
  const { connection, transport } = connect();
  connection.reply(PONG);
  connection.close({ code: 4000, reason: "Why" });
  assertEquals(transport.frames, ['[{"type":"pong"}]']);
  assertEquals(transport.closing, { code: 4000, reason: "Why" });
});

Deno.test("Connection.close() closes once", () => {
  const { connection, transport } = connect();
  connection.close({ code: 4000, reason: "First" });
  connection.close({ code: 4001, reason: "Second" });
  assertEquals(transport.closing?.code, 4000);
});

Deno.test("Connection.next() lets frames wait while the client is over the mark", () => {
  const { connection, transport, told } = connect();
  admit(connection, "first");
  assertEquals([connection.next(NOW), told], ["first", []]);
  transport.bufferedAmount = 1001;
  admit(connection, "second");
  assertEquals([connection.next(NOW), told], [undefined, ["held"]]);
});

Deno.test("Connection.next() gives the frames that waited in order, when the client has read", () => {
  const { connection, transport } = connect();
  transport.bufferedAmount = 1001;
  admit(connection, "first");
  assertEquals(connection.next(NOW), undefined);
  transport.bufferedAmount = 0;
  admit(connection, "second");
  const frames = [connection.next(NOW), connection.next(NOW), connection.next(NOW)];
  assertEquals(frames, ["first", "second", undefined]);
  admit(connection, "third");
  assertEquals(connection.next(NOW), "third");
});

Deno.test("Connection.admit() closes with 4000 when the queue has more than its bytes", () => {
  const { connection, transport } = connect();
  transport.bufferedAmount = 1001;
  assertEquals(admit(connection, "x".repeat(900)), undefined);
  assertEquals(admit(connection, "x".repeat(100))?.code, 4000);
});

Deno.test("Connection.admit() counts the queue anew when frames have left it", () => {
  const { connection } = connect({ commandRate: UNLIMITED });
  for (let i = 0; i < 50; i++) {
    const closings = [admit(connection, "x".repeat(450)), admit(connection, "x".repeat(450))];
    assertEquals([...closings, admit(connection, "x")?.code], [undefined, undefined, undefined]);
    while (connection.next(NOW) !== undefined);
  }
});

Deno.test("Connection.admit() bounds empty frames too", () => {
  const { connection, transport } = connect({ commandRate: UNLIMITED });
  transport.bufferedAmount = 1001;
  let waiting = 0;
  for (let i = 0; i < 5000; i++) if (admit(connection, "") === undefined) waiting++;
  assert(waiting <= 1001, `${waiting} frames wait`);
});

Deno.test("refusal() has a ref only if the command had one", () => {
  assertEquals(refusal("not_joined", "Why"), {
    type: "error",
    code: "not_joined",
    message: "Why",
  });
  assertEquals(refusal("not_joined", "Why", "1").ref, "1");
});
