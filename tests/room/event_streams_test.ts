import { assertEquals, assertStrictEquals } from "@std/assert";
import type { LoggedMessage } from "../../chat/protocol/encode.ts";
import { type Recipient, Room } from "../../chat/room/room.ts";
import { Rooms } from "../../chat/room/rooms.ts";
import { flush } from "../support/fake_hub.ts";
import { type StreamEvent, streamEvents } from "../support/event_stream.ts";
import { emptyLog, messageOf } from "../support/messages.ts";

const NOW = 1_900_000_000_000;
const ADA = { id: "adaadaadaadaadaa", name: "Ada" };
const OPTIONS = { historySize: 3, joinHistory: 10, leaveGraceMs: 5000 };

const idOf = (n: number): string => `01J${String(n).padStart(23, "0")}`;

function message(n: number, changed = n): LoggedMessage {
  return messageOf({ id: idOf(n), user: ADA, text: `${n} at ${changed}`, changed: idOf(changed) });
}

function roomOf(...messages: readonly LoggedMessage[]): Room {
  const room = new Room("lobby", emptyLog(idOf(0)), OPTIONS);
  for (const each of messages) room.append(each);
  flush(room, NOW);
  return room;
}

/** An event stream that takes events when the test says so. */
class FakeStream implements Recipient {
  readonly isEventStream = true;
  readonly batches: string[] = [];
  canRead = true;

  canTake(): boolean {
    return this.canRead;
  }

  deliver(events: string): boolean {
    this.batches.push(events);
    return true;
  }

  /** The events so far: texts of messages, and gaps. */
  get told(): unknown[] {
    return streamEvents(this.batches.join("")).map(toldBy);
  }
}

function toldBy({ type, data }: StreamEvent): unknown {
  return type === "message" ? data["text"] : data;
}

Deno.test("Room.flush() gives streams messages alone, each batch encoded once, and frames to the others", () => {
  const room = roomOf(message(1));
  const streams = [new FakeStream(), new FakeStream()];
  const frames: string[] = [];
  for (const stream of streams) room.add(stream, "bob", room.log.head);
  room.add(
    { canTake: () => true, deliver: (frame) => frames.push(frame) > 0 },
    "carol",
    room.log.head,
  );
  room.presence.enter(ADA, ["ada"]);
  room.notify('{"type":"typing"}', ADA.id);
  room.applyDocument({ name: "settings", position: idOf(9), body: '{"topic":"News"}' });
  room.append(message(2));
  flush(room, NOW);
  const [one, other] = streams.map(({ batches }) => batches);
  assertEquals(streams.map(({ told }) => told), [["2 at 2"], ["2 at 2"]]);
  assertStrictEquals(one?.[0], other?.[0]);
  const types = frames.flatMap((frame) => JSON.parse(frame)).map(({ type }) => type);
  assertEquals(types, ["presence", "settings", "message", "typing"]);
});

Deno.test("Room.flush() keeps nothing for a stream that takes nothing, which is told of the gap", () => {
  const room = roomOf();
  const stream = new FakeStream();
  const cursor = room.add(stream, "bob", room.log.head);
  stream.canRead = false;
  for (const n of [1, 2, 3, 4, 5]) room.append(message(n));
  flush(room, NOW);
  assertEquals(stream.batches, []);
  stream.canRead = true;
  assertEquals(room.catchUp(cursor), "current");
  assertEquals(stream.told, [
    { after: idOf(0), before: idOf(3) },
    "3 at 3",
    "4 at 4",
    "5 at 5",
  ]);
});

Deno.test("RoomLog.resume() begins after the position that is vouched for, with changes", () => {
  const room = roomOf(message(1), message(2), message(1, 3));
  assertEquals(room.log.resume().position, idOf(3));
  const start = room.log.resume({ since: idOf(1), isVouched: true });
  assertEquals([start.position, start.gap], [idOf(1), undefined]);
  assertEquals(room.log.resume({ since: idOf(3), isVouched: true }).bytes, 0);
  const stream = new FakeStream();
  room.add(stream, "bob", start.position);
  flush(room, NOW);
  assertEquals(stream.told, ["2 at 2", "1 at 3"]);
});

Deno.test("RoomLog.resume() begins with a gap, then all there is, where the position is unknown or too old", () => {
  const room = roomOf(...[1, 2, 3, 4, 5].map((n) => message(n)));
  for (
    const request of [
      { since: idOf(1), isVouched: true },
      { since: idOf(4), isVouched: false },
      { since: idOf(9), isVouched: false },
    ]
  ) {
    const { position, gap } = room.log.resume(request);
    assertEquals(gap, { after: request.since, before: idOf(3) });
    const stream = new FakeStream();
    room.add(stream, "bob", position);
    flush(room, NOW);
    assertEquals(stream.told, ["3 at 3", "4 at 4", "5 at 5"]);
  }
});

Deno.test("RoomLog.resume() tells of a gap at once where nothing is left to follow", () => {
  const room = roomOf(message(1));
  room.log.trim(idOf(1));
  assertEquals(room.log.resume({ since: idOf(0), isVouched: true }), {
    position: idOf(1),
    gap: { after: idOf(0), before: idOf(1) },
    bytes: 0,
  });
});

Deno.test("Rooms keeps a pinned room, also where its last message is dropped", () => {
  const rooms = new Rooms({ ...OPTIONS, maxRooms: 10, historyBytes: 1000 });
  const room = rooms.use("lobby", "", emptyLog(idOf(0)));
  if (room === undefined) throw new TypeError("No place for the room");
  rooms.pin(room);
  rooms.append(room, message(1));
  rooms.trim(room, idOf(1));
  assertStrictEquals(rooms.get("lobby"), room);
  const long = messageOf({ id: idOf(2), user: ADA, text: "x".repeat(2000) });
  rooms.append(room, long);
  assertEquals([room.log.size, rooms.get("lobby") === room], [0, true]);
  rooms.unpin(room);
  assertEquals([rooms.size, rooms.bytes], [0, 0]);
});
