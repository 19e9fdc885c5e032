import { assertEquals, assertThrows } from "@std/assert";
import { Connection, type ConnectionOptions } from "../../chat/connection.ts";
import { Backpressure } from "../../chat/limits/backpressure.ts";
import { Histogram } from "../../chat/metrics/exposition.ts";
import { encodeEvent } from "../../chat/protocol/encode.ts";
import { Room } from "../../chat/room/room.ts";
import { Scheduler } from "../../chat/scheduler.ts";
import {
  decode,
  FakeTimers,
  FakeTransport,
  flush,
  textsOf,
  UNLIMITED,
  unlimitedAddress,
} from "../support/fake_hub.ts";
import { emptyLog, messageOf } from "../support/messages.ts";

const CONFIG = { frameBytes: 16_384, commandRate: UNLIMITED, sendBufferBytes: 1000 };

const PONG = encodeEvent({ type: "pong" });

const idOf = (n: number): string => `01J${String(n).padStart(23, "0")}`;
const FLOOR = idOf(0);
const ADA = { id: "adaadaadaadaadaa", name: "Ada" };

/** A room, its scheduler and the backpressure of its connections, put together as in a hub. */
class Desk {
  readonly timers = new FakeTimers();
  readonly room = new Room("lobby", emptyLog(FLOOR), {
    historySize: 10,
    joinHistory: 10,
    leaveGraceMs: 0,
  });
  readonly resumed: Connection[] = [];
  readonly closed: (Connection | number)[] = [];
  /** What the commands do that waited. */
  onResume = (): void => {};
  /** How long the server was blocked. */
  lagMs = 0;
  readonly scheduler = new Scheduler(this.timers, new Histogram([]));
  readonly backpressure = new Backpressure<Connection>({
    sendBufferBytes: CONFIG.sendBufferBytes,
    stuckMs: 30_000,
    timers: this.timers,
    lagMs: () => this.lagMs,
    resume: (connection) => {
      if (!connection.catchUp(this.timers.now)) return this.close(connection, 4000);
      this.resumed.push(connection);
      this.onResume();
    },
    evict: (connection) => this.close(connection, 4000),
  });
  readonly #options: ConnectionOptions = {
    config: CONFIG,
    scheduler: this.scheduler,
    backpressure: this.backpressure,
    failed: (connection) => this.close(connection, 4002),
  };
  #messages = 0;

  close(connection: Connection, code: number): void {
    this.closed.push(connection, code);
    this.scheduler.forget(connection);
    this.backpressure.forget(connection);
  }

  connect(): { readonly connection: Connection; readonly transport: FakeTransport } {
    const transport = new FakeTransport();
    const address = unlimitedAddress();
    return {
      connection: new Connection(transport, address, this.timers.now, this.#options),
      transport,
    };
  }

  /** A connection with a cursor in the room. */
  join(): { readonly connection: Connection; readonly transport: FakeTransport } {
    const parts = this.connect();
    const { connection } = parts;
    connection.cursors.set(
      "lobby",
      this.room.add(connection, "bobbobbobbobbobb", this.room.log.head),
    );
    flush(this.room, this.timers.now);
    return parts;
  }

  /** 40 connections in the room, more than are sent to in a turn. */
  crowd(): FakeTransport[] {
    return Array.from({ length: 40 }, () => this.join().transport);
  }

  say(length = 1): void {
    const id = idOf(++this.#messages);
    const text = String(this.#messages).padEnd(length, ".");
    this.room.append(messageOf({ id, user: ADA, text }));
    this.scheduler.mark(this.room);
  }
}

const numbersOf = ({ frames }: FakeTransport): number[] =>
  textsOf(frames.flatMap(decode)).map((text) => parseInt(text));

Deno.test("Scheduler.mark() flushes the room once, at the end of the turn", () => {
  const desk = new Desk();
  const { transport } = desk.join();
  desk.say();
  desk.say();
  assertEquals(transport.frames, []);
  desk.timers.turn();
  assertEquals([transport.frames.length, numbersOf(transport)], [1, [1, 2]]);
});

Deno.test("Scheduler.mark() works again after a flush", () => {
  const desk = new Desk();
  const { transport } = desk.join();
  for (let i = 0; i < 2; i++) {
    desk.say();
    desk.timers.turn();
  }
  assertEquals(numbersOf(transport), [1, 2]);
});

Deno.test("Scheduler.pending() flushes the connection at the end of the turn", () => {
  const desk = new Desk();
  const { connection, transport } = desk.connect();
  connection.reply(PONG);
  desk.timers.turn();
  assertEquals(transport.frames, ['[{"type":"pong"}]']);
});

Deno.test("Scheduler.flush() gives an answer and a message of one turn in one frame", () => {
  const desk = new Desk();
  const { connection, transport } = desk.join();
  desk.say();
  connection.reply(PONG);
  desk.timers.turn();
  assertEquals(transport.frames.map((frame) => decode(frame).length), [2]);
});

Deno.test("Scheduler.mark() flushes to 16 connections in a turn", () => {
  const desk = new Desk();
  const transports = desk.crowd();
  desk.say();
  const told = [1, 2, 3].map(() => {
    desk.timers.endTurn();
    return transports.filter(({ frames }) => frames.length > 0).length;
  });
  assertEquals(told, [16, 32, 40]);
});

Deno.test("Scheduler.mark() leaves messages that come during a flush to the next one", () => {
  const desk = new Desk();
  const transports = desk.crowd();
  desk.say();
  desk.timers.endTurn();
  desk.say();
  desk.say();
  desk.timers.turn();
  const frames = transports.map(({ frames }) => frames.map(decode).map(textsOf));
  assertEquals(frames, transports.map(() => [["1"], ["2", "3"]]));
});

Deno.test("Scheduler.pending() gives an answer after a flush that was under way", () => {
  const desk = new Desk();
  const transports = desk.crowd();
  const { connection, transport } = desk.connect();
  desk.say();
  desk.timers.endTurn();
  connection.reply(PONG);
  desk.say();
  desk.timers.endTurn();
  desk.timers.endTurn();
  assertEquals([numbersOf(transports[39] ?? transport), transport.frames.length], [[1], 1]);
});

Deno.test("Scheduler.mark() flushes the other rooms when one of them fails", () => {
  const desk = new Desk();
  const { transport } = desk.join();
  const broken = new Room("attic", emptyLog(FLOOR), {
    historySize: 10,
    joinHistory: 10,
    leaveGraceMs: 0,
  });
  broken.flush = () => {
    throw new Error("A mistake of ours");
  };
  desk.scheduler.mark(broken);
  desk.say();
  assertThrows(() => desk.timers.turn(), Error, "A mistake of ours");
  desk.timers.turn();
  assertEquals(numbersOf(transport), [1]);
});

Deno.test("Scheduler.flush() ends the flush that is under way, and delivers what came since", () => {
  const desk = new Desk();
  const transports = desk.crowd();
  desk.say();
  desk.timers.endTurn();
  desk.say();
  desk.scheduler.flush();
  assertEquals(transports.map(numbersOf), transports.map(() => [1, 2]));
});

Deno.test("Scheduler.mark() loses nothing of a burst beyond the ring during a flush", () => {
  const desk = new Desk();
  const transports = desk.crowd();
  desk.say();
  desk.timers.endTurn();
  for (let i = 0; i < 25; i++) desk.say();
  desk.timers.turn();
  const all = Array.from({ length: 26 }, (_, i) => i + 1);
  assertEquals(transports.map(numbersOf), transports.map(() => all));
  assertEquals(transports.flatMap(({ frames }) => frames.flatMap(decode)).length, 40 * all.length);
});

Deno.test("Scheduler.markOwed() delivers changes of presence that came too soon for the last flush", () => {
  const desk = new Desk();
  const { transport } = desk.join();
  for (const id of ["adaadaadaadaadaa", "carolcarol"]) {
    desk.room.presence.enter({ id, name: id }, [id]);
    desk.scheduler.mark(desk.room);
    desk.timers.turn();
  }
  assertEquals(transport.frames.length, 1);
  desk.timers.now += 1000;
  desk.scheduler.markOwed();
  desk.timers.turn();
  assertEquals(transport.frames.length, 2);
});

Deno.test("Backpressure.drain() catches up a held connection that has read", () => {
  const desk = new Desk();
  const { transport } = desk.join();
  transport.bufferedAmount = 1001;
  desk.say();
  desk.timers.turn();
  assertEquals([desk.backpressure.heldCount, numbersOf(transport)], [1, []]);
  transport.take();
  desk.timers.pass(100);
  assertEquals([desk.backpressure.heldCount, numbersOf(transport)], [0, [1]]);
});

Deno.test("Backpressure.drain() resumes the commands that waited", () => {
  const desk = new Desk();
  const { connection, transport } = desk.connect();
  transport.bufferedAmount = 1001;
  desk.backpressure.hold(connection);
  desk.timers.pass(100);
  assertEquals(desk.resumed, []);
  transport.take();
  desk.timers.pass(100);
  assertEquals(desk.resumed, [connection]);
});

Deno.test("Backpressure.drain() holds a connection again that a resumed command fills", () => {
  const desk = new Desk();
  const { connection, transport } = desk.connect();
  transport.bufferedAmount = 1001;
  desk.backpressure.hold(connection);
  desk.onResume = () => {
    transport.bufferedAmount = 1001;
    connection.canTake();
  };
  transport.take();
  desk.timers.pass(20);
  assertEquals(desk.backpressure.heldCount, 1);
});

Deno.test("Backpressure.drain() runs by itself only while a connection is held", () => {
  const desk = new Desk();
  const { connection, transport } = desk.connect();
  const running = [desk.timers.intervalCount];
  transport.bufferedAmount = 1001;
  desk.backpressure.hold(connection);
  running.push(desk.timers.intervalCount);
  transport.take();
  desk.timers.pass(100);
  running.push(desk.timers.intervalCount);
  assertEquals(running, [0, 1, 0]);
});

Deno.test("Backpressure.drain() runs again for a connection that is held later", () => {
  const desk = new Desk();
  const { transport } = desk.join();
  for (let i = 0; i < 2; i++) {
    transport.bufferedAmount = 1001;
    desk.say();
    desk.timers.turn();
    transport.take();
    desk.timers.pass(100);
  }
  assertEquals(numbersOf(transport), [1, 2]);
});

Deno.test("Backpressure.drain() evicts a connection that has taken nothing for 30 s", () => {
  const desk = new Desk();
  const { connection, transport } = desk.connect();
  transport.bufferedAmount = 1001;
  desk.backpressure.hold(connection);
  desk.timers.pass(29_900);
  assertEquals(desk.closed, []);
  desk.timers.pass(200);
  assertEquals(desk.closed, [connection, 4000]);
});

Deno.test("Backpressure.drain() counts the 30 s from the last time that it took something", () => {
  const desk = new Desk();
  const { transport } = desk.join();
  transport.stall();
  for (let i = 0; i < 5; i++) {
    desk.say(2000);
    desk.say(2000);
    desk.timers.pass(29_900);
    transport.take({ goesOn: false });
  }
  assertEquals(desk.closed, []);
});

Deno.test("Backpressure.drain() does not count the time in which the server was blocked", () => {
  const desk = new Desk();
  const { connection, transport } = desk.join();
  transport.bufferedAmount = 1001;
  connection.canTake();
  desk.lagMs = 40_000;
  desk.timers.block(40_000);
  desk.backpressure.drain();
  assertEquals(desk.closed, []);
  desk.lagMs = 0;
  desk.backpressure.drain();
  assertEquals(desk.closed, [connection, 4000]);
});

Deno.test("Backpressure.drain() evicts a connection whose cursor misses entries that are not kept", () => {
  const desk = new Desk();
  const { connection, transport } = desk.join();
  transport.bufferedAmount = 1001;
  for (let n = 1; n <= 11_000; n++) {
    desk.room.presence.enter({ id: `user ${n}`, name: `name ${n}` }, [`${n}`]);
    desk.room.presence.leave(`user ${n}`);
    flush(desk.room, desk.timers.now + n * 2000);
  }
  transport.take();
  desk.timers.pass(100);
  assertEquals(desk.closed, [connection, 4000]);
});

Deno.test("Connection closes with 4002 when its transport fails in a flush", () => {
  const desk = new Desk();
  const { connection, transport } = desk.join();
  transport.broken = true;
  desk.say();
  desk.timers.turn();
  assertEquals(desk.closed, [connection, 4002]);
});

Deno.test("Scheduler.forget() and Backpressure.forget() keep nothing of a connection", () => {
  const desk = new Desk();
  const { connection, transport } = desk.connect();
  connection.reply(PONG);
  transport.bufferedAmount = 1001;
  desk.backpressure.hold(connection);
  desk.scheduler.forget(connection);
  desk.backpressure.forget(connection);
  transport.take();
  desk.timers.pass(60_000);
  assertEquals([transport.frames, desk.resumed, desk.closed], [[], [], []]);
});

Deno.test("Backpressure.stop() stops what runs by itself", () => {
  const desk = new Desk();
  const { connection } = desk.connect();
  desk.backpressure.hold(connection);
  desk.backpressure.stop();
  assertEquals(desk.timers.intervalCount, 0);
});
