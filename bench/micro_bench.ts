/**
 * The steps of a message's way, one by one: `deno bench bench/micro_bench.ts`.
 *
 * @module
 */

import { parseConfig } from "../chat/config.ts";
import { type Agenda, Connection, type Transport } from "../chat/connection.ts";
import { Ids } from "../chat/ids.ts";
import { encodeMessage, type Message, parseCommand } from "../chat/protocol.ts";
import { Room } from "../chat/room.ts";
import { stamp } from "./tally.ts";

const CONNECTIONS = 1000;
/** As many as four senders with 16 in flight can put into one turn. */
const BATCH = 64;

const config = parseConfig({});
const now = Date.now();
const ids = new Ids(now);
const text = stamp(0).padEnd(94, ".");
const message: Message = {
  id: ids.next(now),
  time: now,
  user: { id: "k3v9q0x2ab", name: "user-0-0000" },
  text,
};
const command = JSON.stringify({ type: "send", ref: "0000000", room: "lobby", text });

const transport: Transport = { bufferedAmount: 0, send() {}, close() {} };
const agenda: Agenda = { pending() {}, held() {}, moved() {}, failed() {} };

/** A room with connections that take everything at once. */
function crowdedRoom(connections: number): Room {
  const room = new Room("lobby", ids.newest, config);
  for (let i = 0; i < connections; i++) {
    const connection = new Connection(transport, agenda, config, { address: "127.0.0.1", now });
    room.add(connection, `user-${i}`, room.head);
  }
  room.flush(now);
  return room;
}

const empty = crowdedRoom(0);
const crowded = crowdedRoom(CONNECTIONS);

function say(room: Room, count: number): void {
  for (let i = 0; i < count; i++) room.append({ ...message, id: ids.next(now) });
}

Deno.bench("parseCommand(): a send", () => {
  parseCommand(command);
});

Deno.bench("encodeMessage()", () => {
  encodeMessage(message);
});

Deno.bench("Ids.next()", () => {
  ids.next(now);
});

Deno.bench("Ids.next() and Room.append()", () => {
  say(empty, 1);
});

Deno.bench(`Room.append() and flush(): 1 message to ${CONNECTIONS} connections`, () => {
  say(crowded, 1);
  crowded.flush(now);
});

Deno.bench(`Room.append() and flush(): ${BATCH} messages to ${CONNECTIONS} connections`, () => {
  say(crowded, BATCH);
  crowded.flush(now);
});
