import { assertEquals } from "@std/assert";
import { Backpressure, type Reader } from "../../chat/limits/backpressure.ts";
import { FakeTimers } from "../support/fake_hub.ts";

/** A client whose socket is as the test says. */
class FakeReader implements Reader {
  socketBytes = 0;
  /** Bytes that wait for the flush. */
  waitingBytes = 0;
  framesSent = 0;
  isPaused = false;
  readonly address = { mustPause: () => this.isPaused };

  get queuedBytes(): number {
    return this.socketBytes + this.waitingBytes;
  }
}

/** Backpressure of one client, and what became of it. */
class Scene {
  readonly timers = new FakeTimers();
  readonly reader = new FakeReader();
  readonly outcomes: ("send" | "evict")[] = [];
  lagMs = 0;
  readonly backpressure = new Backpressure<FakeReader>({
    sendBufferBytes: 1000,
    stuckMs: 30_000,
    timers: this.timers,
    lagMs: () => this.lagMs,
    resume: () => this.outcomes.push("send"),
    evict: (reader) => {
      this.outcomes.push("evict");
      this.backpressure.forget(reader);
    },
  });
  readonly start = this.timers.now;

  /** Looks at all clients so many milliseconds after the start. Returns whether one was evicted. */
  sweepAt(ms: number): boolean {
    this.timers.now = this.start + ms;
    this.backpressure.sweep([this.reader]);
    return this.outcomes.includes("evict");
  }

  /** Looks at held clients so many milliseconds after the start. */
  drainAt(ms: number): "send" | "hold" | "evict" {
    this.timers.now = this.start + ms;
    this.backpressure.drain();
    return this.outcomes.at(-1) ?? "hold";
  }
}

Deno.test("Backpressure.drain() holds above the mark, and evicts a client that is stuck there", () => {
  const table = [
    [0, 0, "send"],
    [1000, 0, "send"],
    [1000, 99_999, "send"],
    [1001, 0, "hold"],
    [1001, 29_999, "hold"],
    [1001, 30_000, "evict"],
    [Infinity, 30_001, "evict"],
  ] as const;
  for (const [queuedBytes, waitedMs, decision] of table) {
    const scene = new Scene();
    scene.reader.socketBytes = queuedBytes;
    scene.backpressure.hold(scene.reader);
    assertEquals(scene.drainAt(waitedMs), decision, `${queuedBytes} ${waitedMs}`);
  }
});

Deno.test("Backpressure.drain() evicts a client that was held for too long", () => {
  const decisions = [1000, 1001].map((bytes) =>
    [29_999, 30_000].map((ms) => {
      const scene = new Scene();
      scene.reader.socketBytes = bytes;
      scene.backpressure.hold(scene.reader);
      return scene.drainAt(ms);
    })
  );
  assertEquals(decisions, [["send", "send"], ["hold", "evict"]]);
});

Deno.test("Backpressure.drain() evicts a held client that takes a little, but never enough", () => {
  const scene = new Scene();
  const { reader, backpressure } = scene;
  reader.socketBytes = 100_000;
  scene.sweepAt(0);
  scene.sweepAt(10_000);
  backpressure.hold(reader);
  for (let ms = 11_000; ms < 40_000; ms += 1000) {
    reader.socketBytes -= 1;
    assertEquals(scene.drainAt(ms), "hold");
  }
  assertEquals([scene.drainAt(39_999), scene.drainAt(40_000)], ["hold", "evict"]);
});

Deno.test("Backpressure.drain() evicts no client to which something was sent", () => {
  const scene = new Scene();
  const { reader, backpressure } = scene;
  reader.socketBytes = 1001;
  backpressure.hold(reader);
  assertEquals(scene.drainAt(20_000), "hold");
  reader.framesSent++;
  assertEquals([scene.drainAt(20_020), scene.drainAt(50_019)], ["hold", "hold"]);
  assertEquals(scene.drainAt(50_020), "evict");
});

Deno.test("Backpressure.drain() lets a client wait whose address must pause", () => {
  const scene = new Scene();
  scene.reader.isPaused = true;
  scene.backpressure.hold(scene.reader);
  assertEquals(scene.drainAt(20), "hold");
  scene.reader.isPaused = false;
  assertEquals([scene.drainAt(40), scene.backpressure.heldCount], ["send", 0]);
});

Deno.test("Backpressure.drain() looks at no client that another one's commands have ended", () => {
  const timers = new FakeTimers();
  const [first, second] = [new FakeReader(), new FakeReader()];
  const resumed: FakeReader[] = [];
  const backpressure = new Backpressure<FakeReader>({
    sendBufferBytes: 1000,
    stuckMs: 30_000,
    timers,
    lagMs: () => 0,
    resume: (reader) => {
      resumed.push(reader);
      backpressure.forget(second);
    },
    evict: () => {},
  });
  for (const reader of [first, second]) backpressure.hold(reader);
  backpressure.drain();
  assertEquals(resumed, [first]);
});

Deno.test("Backpressure.hold() does not forgive the time before it", () => {
  const scene = new Scene();
  scene.reader.socketBytes = 2000;
  scene.sweepAt(0);
  scene.timers.now += 20_000;
  scene.backpressure.hold(scene.reader);
  assertEquals([scene.drainAt(29_999), scene.drainAt(30_000)], ["hold", "evict"]);
});

Deno.test("Backpressure.sweep() evicts a client when the same bytes lie there for the whole time", () => {
  const scene = new Scene();
  scene.reader.socketBytes = 1;
  assertEquals([1000, 30_999, 31_000].map((ms) => scene.sweepAt(ms)), [false, false, true]);
});

Deno.test("Backpressure.sweep() does not count the time in which the server was blocked", () => {
  const scene = new Scene();
  scene.reader.socketBytes = 1;
  scene.sweepAt(1000);
  scene.lagMs = 40_000;
  assertEquals([41_000, 71_000].map((ms) => scene.sweepAt(ms)), [false, true]);
});

Deno.test("Backpressure.sweep() evicts no client that takes something now and then", () => {
  const scene = new Scene();
  for (let seconds = 0; seconds < 300; seconds += 20) {
    scene.reader.socketBytes = 500 - seconds;
    assertEquals(scene.sweepAt(seconds * 1000), false);
  }
});

Deno.test("Backpressure.sweep() evicts no client that took all and was sent as much again", () => {
  const scene = new Scene();
  for (let seconds = 0; seconds < 120; seconds += 20) {
    scene.reader.socketBytes = 3;
    scene.reader.framesSent++;
    assertEquals(scene.sweepAt(seconds * 1000), false);
  }
});

Deno.test("Backpressure.sweep() evicts no client that has taken everything", () => {
  const scene = new Scene();
  assertEquals([0, 60_000].map((ms) => scene.sweepAt(ms)), [false, false]);
});

Deno.test("Backpressure.sweep() evicts no held client that has just fallen below the mark", () => {
  const scene = new Scene();
  scene.reader.socketBytes = 5000;
  scene.backpressure.hold(scene.reader);
  scene.reader.socketBytes = 4000;
  assertEquals(scene.drainAt(29_000), "hold");
  scene.reader.socketBytes = 900;
  assertEquals(scene.sweepAt(30_000), false);
  assertEquals(scene.drainAt(30_020), "send");
});
