/**
 * Benchmarks of the steps that a message takes through the server: a part of
 * `deno task bench:micro`.
 *
 * @module
 */

import { Address } from "../../chat/limits/addresses.ts";
import { Backpressure } from "../../chat/limits/backpressure.ts";
import { memoryBounds, MemoryBroker } from "../../chat/broker/memory.ts";
import { Epochs, Positions } from "../../chat/broker/positions.ts";
import { parseConfig } from "../../chat/config/config.ts";
import { Connection, type ConnectionOptions, type Transport } from "../../chat/connection.ts";
import { Hub } from "../../chat/hub.ts";
import { encodeBody } from "../../chat/protocol/body.ts";
import { encodeMessage, type LoggedMessage } from "../../chat/protocol/encode.ts";
import { parseCommand } from "../../chat/protocol/parse.ts";
import { Room } from "../../chat/room/room.ts";
import { FakeTimers, flush, settled } from "../../tests/support/fake_hub.ts";
import { stamp } from "../compare/order_check.ts";

const CONNECTIONS = 1000;
/** The messages that four senders with 16 in flight can bring in one turn of the event loop. */
const BATCH = 64;

const config = parseConfig({ CHAT_MESSAGE_BURST: "0", CHAT_COMMANDS_PER_SECOND: "0" });
const now = Date.now();
const positions = new Positions(new Epochs(), now);
const text = stamp(0).padEnd(88, ".");
const user = { id: "k3v3q4x2abcd2345", name: "user-0-0000" };

function nextMessage(): LoggedMessage {
  const id = positions.next(now);
  return { id, position: id, body: encodeBody({ user, text }) };
}

function send(ref: number): string {
  return JSON.stringify({ type: "send", ref: String(ref), room: "lobby", text });
}

const transport: Transport = { bufferedAmount: 0, send() {}, close() {} };
const options: ConnectionOptions = {
  config,
  backpressure: new Backpressure({
    ...config,
    timers: new FakeTimers(now),
    lagMs: () => 0,
    resume() {},
    evict() {},
  }),
  scheduler: { pending() {} },
  failed() {},
};

const address = new Address("127.0.0.1", { ...config, connectionsPerAddress: Infinity }, now);

/** A room whose connections take every frame at once. */
function makeRoom(connections: number): Room {
  const room = new Room(
    "lobby",
    { messages: [], head: positions.start, floor: positions.start },
    config,
  );
  for (let i = 0; i < connections; i++) {
    const connection = new Connection(transport, address, now, options);
    room.add(connection, `user-${i}`, room.log.head);
  }
  flush(room, now);
  return room;
}

const empty = makeRoom(0);
const full = makeRoom(CONNECTIONS);

/** A hub with one client in a room, and a function that ends the turn of the event loop. */
async function singleClient(): Promise<{ receive(frame: string): void; endTurn(): Promise<void> }> {
  const timers = new FakeTimers(now);
  const hub = new Hub({
    config,
    broker: new MemoryBroker({ ...memoryBounds(config), now: () => now }),
    logger() {},
    timers,
    now: () => now,
    random: () => 0,
    isShortOfMemory: () => false,
  });
  const connection = hub.connect(transport, hub.reserve("127.0.0.1"));
  hub.receive(connection, JSON.stringify({ type: "hello", name: "Ada" }));
  hub.receive(connection, JSON.stringify({ type: "join", room: "lobby" }));
  await settled();
  timers.turn();
  return {
    receive: (frame) => hub.receive(connection, frame),
    async endTurn() {
      await settled();
      timers.turn();
    },
  };
}

const single = await singleClient();
const message = nextMessage();
const frame = send(0);
let ref = 0;

function append(room: Room, count: number): void {
  for (let i = 0; i < count; i++) room.append(nextMessage());
}

Deno.bench("parseCommand(): a send", () => {
  parseCommand(frame);
});

Deno.bench("encodeMessage()", () => {
  encodeMessage(message);
});

Deno.bench("Positions.next()", () => {
  positions.next(now);
});

Deno.bench("Positions.next() and Room.append()", () => {
  append(empty, 1);
});

Deno.bench(`Room.append() and flush(): 1 message to ${CONNECTIONS} connections`, () => {
  append(full, 1);
  flush(full, now);
});

Deno.bench(`Room.append() and flush(): ${BATCH} messages to ${CONNECTIONS} connections`, () => {
  append(full, BATCH);
  flush(full, now);
});

Deno.bench(`Hub.receive() to the end of the turn: ${BATCH} messages of 1 client`, async () => {
  for (let i = 0; i < BATCH; i++) single.receive(send(ref++));
  await single.endTurn();
});
