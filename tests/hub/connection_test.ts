import { assert, assertEquals } from "@std/assert";
import { Address } from "../../chat/limits/addresses.ts";
import {
  type Agenda,
  Connection,
  type ConnectionOptions,
  type Outcome,
} from "../../chat/connection.ts";
import { refusal } from "../../chat/protocol/errors.ts";
import { decode, FakeTransport, UNLIMITED } from "../support/fake_hub.ts";

const NOW = 1_900_000_000_000;

const OPTIONS: ConnectionOptions = {
  frameBytes: 16_384,
  commandRate: { burst: 100, perSecond: 50 },
  roomsPerConnection: 20,
  sendBufferBytes: 1000,
  stuckMs: 30_000,
};

/** A connection, and what it has told its agenda. */
function connect(options: Partial<ConnectionOptions> = {}) {
  const transport = new FakeTransport();
  const told: string[] = [];
  const agenda: Agenda = {
    pending: () => told.push("pending"),
    held: () => told.push("held"),
    moved: () => told.push("moved"),
    failed: () => told.push("failed"),
  };
  const origin = { address: new Address("192.0.2.1", undefined), now: NOW };
  const connection = new Connection(transport, agenda, { ...OPTIONS, ...options }, origin);
  return { connection, transport, told };
}

/** A connection that has said `hello`. */
function welcomed(options: Partial<ConnectionOptions> = {}) {
  const parts = connect(options);
  const user = { id: "adaadaadaadaadaa", name: "Ada" };
  parts.connection.session = { user, skeletons: ["ada"], connections: 1, rooms: new Set() };
  return parts;
}

const PONG = { type: "pong" } as const;

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
    const admitted = connect().connection.admit(frame, NOW);
    assertEquals(typeof admitted === "object" && admitted.code, code);
  });
}

for (const frame of ["x".repeat(16_384), "é".repeat(8192), "😀".repeat(4096)]) {
  Deno.test(`Connection.admit() lets 16,384 bytes of "${frame.slice(0, 2)}" in`, () => {
    assertEquals(connect().connection.admit(frame, NOW), frame);
  });
}

Deno.test("Connection.admit() closes with 4501 on one command more than the burst", () => {
  const { connection } = connect();
  for (let i = 0; i < 100; i++) assertEquals(connection.admit("{}", NOW), "{}");
  const admitted = connection.admit("{}", NOW);
  assertEquals(typeof admitted === "object" && admitted.code, 4501);
});

Deno.test("Connection.admit() lets 50 commands a second in after the burst", () => {
  const { connection } = connect();
  for (let i = 0; i < 100; i++) connection.admit("{}", NOW);
  for (let i = 1; i <= 100; i++) assertEquals(connection.admit("{}", NOW + i * 20), "{}");
});

Deno.test("Connection.admit() counts no commands where there is no limit", () => {
  const { connection } = connect({ commandRate: UNLIMITED });
  for (let i = 0; i < 1000; i++) assertEquals(connection.admit("{}", NOW), "{}");
});

/** The error code of an outcome, or "carried out", and the close code if it has one. */
function summary(outcome: Outcome): (string | number | undefined)[] {
  return "error" in outcome ? [outcome.error.code, outcome.closing?.code] : ["carried out"];
}

Deno.test("Connection.read() closes with 4500 on the twentieth bad command within ten seconds", () => {
  const { connection } = connect();
  const outcomes = Array.from({ length: 20 }, (_, i) => {
    const frame = i % 2 === 0 ? "{" : '{"type":"ping"}';
    return summary(connection.read(frame, NOW + i * 500));
  });
  assertEquals(outcomes.at(-2), ["bad_request", undefined]);
  assertEquals(outcomes.at(-1), ["not_welcome", 4500]);
});

for (const type of ["hello", "rename"]) {
  Deno.test(`Connection.read() counts an over-long name in "${type}" as a bad command`, () => {
    const { connection } = type === "hello" ? connect() : welcomed();
    const name = `a${"\u0344".repeat(3900)}${"\u0334".repeat(3900)}`;
    const frame = JSON.stringify({ type, name });
    const outcomes = Array.from({ length: 20 }, () => summary(connection.read(frame, NOW)));
    assertEquals(outcomes.at(-2), ["name_invalid", undefined]);
    assertEquals(outcomes.at(-1), ["name_invalid", 4500]);
  });

  Deno.test(`Connection.read() counts no other invalid name in "${type}" as one`, () => {
    const { connection } = type === "hello" ? connect() : welcomed();
    for (const name of ["", "x".repeat(256), "Ada\u200b", "\u0301", "Adа"]) {
      const frame = JSON.stringify({ type, name });
      for (let i = 0; i < 50; i++) {
        assertEquals(summary(connection.read(frame, NOW)), ["name_invalid", undefined]);
      }
    }
  });
}

Deno.test("Connection.read() bears bad commands that are further apart", () => {
  const { connection } = connect();
  for (let i = 0; i < 100; i++) {
    assertEquals(summary(connection.read("{", NOW + i * 527)), ["bad_request", undefined]);
  }
});

Deno.test("Connection.read() counts no other refusal as a bad command", () => {
  const { connection } = welcomed();
  const frame = '{"type":"typing","room":"lobby"}';
  for (let i = 0; i < 50; i++) {
    assertEquals(summary(connection.read(frame, NOW)), ["not_joined", undefined]);
  }
});

Deno.test("Connection.read() gives a command with its room and name normalised", () => {
  const { connection } = welcomed();
  assertEquals(connection.read('{"type":"join","room":"LOBBY","x":1}', NOW), {
    command: { type: "join", room: "lobby" },
  });
  assertEquals(connection.read('{"type":"rename","name":" Ａda  L "}', NOW), {
    command: { type: "rename", name: "Ada L" },
  });
});

Deno.test("Connection.deliver() sends the frame as it is when nothing waits", () => {
  const { connection, transport } = connect();
  connection.deliver('[{"type":"pong"}]');
  assertEquals(transport.frames, ['[{"type":"pong"}]']);
});

Deno.test("Connection.deliver() puts events behind those that wait, in one frame", () => {
  const { connection, transport } = connect();
  connection.reply({ type: "pong", ref: "1" });
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
  connection.replyEncoded("x".repeat(1001));
  assertEquals(connection.canTake(), false);
});

Deno.test("Connection.deliver() drops everything once the connection is over", () => {
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

Deno.test("Connection.close() says what is left to say", () => {
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

Deno.test("Connection.postpone() lets frames wait while the client is over the mark", () => {
  const { connection, transport } = connect();
  assertEquals(connection.postpone("first", NOW), false);
  transport.bufferedAmount = 1001;
  assertEquals(connection.postpone("second", NOW), true);
  assertEquals(connection.resume(NOW), undefined);
});

Deno.test("Connection.resume() gives what waited in order, when the client has read", () => {
  const { connection, transport } = connect();
  transport.bufferedAmount = 1001;
  connection.postpone("first", NOW);
  transport.bufferedAmount = 0;
  assertEquals(connection.postpone("second", NOW), true);
  const frames = [connection.resume(NOW), connection.resume(NOW), connection.resume(NOW)];
  assertEquals(frames, ["first", "second", undefined]);
  assertEquals(connection.postpone("third", NOW), false);
});

Deno.test("Connection.postpone() closes with 4000 when more waits than is kept", () => {
  const { connection, transport } = connect();
  transport.bufferedAmount = 1001;
  assertEquals(connection.postpone("x".repeat(900), NOW), true);
  const postponed = connection.postpone("x".repeat(100), NOW);
  assertEquals(typeof postponed === "object" && postponed.code, 4000);
});

Deno.test("Connection.postpone() bounds empty frames too", () => {
  const { connection, transport } = connect({ commandRate: UNLIMITED });
  transport.bufferedAmount = 1001;
  for (let i = 0; i < 5000; i++) connection.postpone("", NOW);
  assert(connection.backlog.length <= 1001, `${connection.backlog.length} frames wait`);
});

Deno.test("Connection.decide() gives a client up that was held for too long", () => {
  const { connection, transport } = connect();
  const decisions = [1000, 1001].map((bytes) => {
    transport.bufferedAmount = bytes;
    return [connection.decide(29_999), connection.decide(30_000)];
  });
  assertEquals(decisions, [["send", "send"], ["hold", "evict"]]);
});

Deno.test("Connection.isStuck() is true when the same bytes lie there for the whole time", () => {
  const { connection, transport } = connect();
  transport.bufferedAmount = 1;
  assertEquals(connection.isStuck(NOW + 1000), false);
  assertEquals(connection.isStuck(NOW + 30_999), false);
  assertEquals(connection.isStuck(NOW + 31_000), true);
});

Deno.test("Connection.isStuck() does not count the time in which the server was blocked", () => {
  const { connection, transport } = connect();
  transport.bufferedAmount = 1;
  connection.isStuck(NOW + 1000);
  assertEquals(connection.isStuck(NOW + 41_000, 40_000), false);
  assertEquals(connection.isStuck(NOW + 71_000, 40_000), true);
});

Deno.test("Connection.isStuck() is false for one who takes something now and then", () => {
  const { connection, transport } = connect();
  for (let seconds = 0; seconds < 300; seconds += 20) {
    transport.bufferedAmount = 500 - seconds;
    assertEquals(connection.isStuck(NOW + seconds * 1000), false);
  }
});

Deno.test("Connection.isStuck() is false for one who took all and was sent as much again", () => {
  const { connection, transport } = connect();
  transport.stall();
  for (let seconds = 0; seconds < 120; seconds += 20) {
    transport.take({ goesOn: false });
    connection.deliver("[1]");
    assertEquals(connection.isStuck(NOW + seconds * 1000), false);
  }
});

Deno.test("Connection.isStuck() is false for one who has taken everything", () => {
  const { connection } = connect();
  connection.isStuck(NOW);
  assertEquals(connection.isStuck(NOW + 60_000), false);
});

Deno.test("refusal() has a ref only if the command had one", () => {
  assertEquals(refusal("not_joined", "Why"), {
    type: "error",
    code: "not_joined",
    message: "Why",
  });
  assertEquals(refusal("not_joined", "Why", "1").ref, "1");
});
