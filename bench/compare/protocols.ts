/**
 * The wire protocols of the contenders: what a client sends, as the text of its frames.
 *
 * @module
 */

import { LoadClient } from "../../tests/support/load_client.ts";

/** A command, and a text that its answer contains. */
export interface Exchange {
  readonly command: string;
  readonly answer: string;
}

/** A contender's protocol. */
export interface Protocol {
  /** The path of the upgrade. */
  readonly path: string;
  /** The exchanges between the upgrade and having joined {@linkcode ROOM}. */
  greeting(name: string): readonly Exchange[];
  /** A command that sends a text to the room. `ref` must be new each time. */
  message(ref: string, text: string): string;
  readonly ping: Exchange;
}

/** The name of a {@linkcode Protocol}. */
export type ProtocolName = "chat.v1" | "socket.io";

/** A running contender, as the load generator sees it. */
export interface Target {
  readonly port: number;
  /** The ports of further nodes of the same chat, among which clients are divided. */
  readonly otherPorts?: readonly number[];
  readonly serverPid: number;
  readonly protocol: Protocol;
}

/** The room that every client joins. */
export const ROOM = "lobby";

/** This project's protocol. The peers implement these commands of it. */
const chat: Protocol = {
  path: "/ws",
  greeting: (name) => [
    { command: JSON.stringify({ type: "hello", name }), answer: '"type":"welcome"' },
    { command: JSON.stringify({ type: "join", room: ROOM }), answer: '"type":"joined"' },
  ],
  message: (ref, text) => JSON.stringify({ type: "send", ref, room: ROOM, text }),
  ping: { command: JSON.stringify({ type: "ping" }), answer: '"type":"pong"' },
};

/**
 * Socket.IO 5 over Engine.IO 4: `4` message, then `0` connect or `2` event.
 * See https://socket.io/docs/v4/socket-io-protocol/
 */
const socketIo: Protocol = {
  path: "/socket.io/?EIO=4&transport=websocket",
  greeting: (name) => [
    { command: "40", answer: "40{" },
    { command: socketIoEvent("join", ROOM, name), answer: '"joined"' },
  ],
  message: (ref, text) => socketIoEvent("send", { ref, room: ROOM, text }),
  ping: { command: socketIoEvent("ping"), answer: '"pong"' },
};

function socketIoEvent(...values: unknown[]): string {
  return `42${JSON.stringify(values)}`;
}

/** All protocols. */
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  "chat.v1": chat,
  "socket.io": socketIo,
};

/** Connects a client and joins {@linkcode ROOM}. */
export async function join({ port, protocol }: Target, name: string): Promise<LoadClient> {
  const client = await LoadClient.open({ port, path: protocol.path });
  for (const { command, answer } of protocol.greeting(name)) await client.ask(command, answer);
  return client;
}
