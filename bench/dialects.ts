/**
 * What a client says to each kind of server, as the text of its frames.
 *
 * @module
 */

/** Something that is said, and what the answer to it contains. */
export interface Step {
  readonly say: string;
  readonly until: string;
}

/** How to talk to a server. */
export interface Dialect {
  /** Where to upgrade. */
  readonly path: string;
  /** From the upgrade to having joined {@linkcode ROOM}. */
  greeting(name: string): readonly Step[];
  /** Says a text in the room. `ref` must be new each time. */
  message(ref: string, text: string): string;
  readonly ping: Step;
}

/** The name of a {@linkcode Dialect}. */
export type DialectName = "chat.v1" | "socket.io";

/** The room that everyone is in. */
export const ROOM = "lobby";

/** This project's protocol. The plain peers understand as much of it. */
const chat: Dialect = {
  path: "/ws",
  greeting: (name) => [
    { say: JSON.stringify({ type: "hello", name }), until: '"type":"welcome"' },
    { say: JSON.stringify({ type: "join", room: ROOM }), until: '"type":"joined"' },
  ],
  message: (ref, text) => JSON.stringify({ type: "send", ref, room: ROOM, text }),
  ping: { say: JSON.stringify({ type: "ping" }), until: '"type":"pong"' },
};

/**
 * Socket.IO 5 over Engine.IO 4: `4` message, then `0` connect or `2` event.
 * See https://socket.io/docs/v4/socket-io-protocol/
 */
const socketIo: Dialect = {
  path: "/socket.io/?EIO=4&transport=websocket",
  greeting: (name) => [
    { say: "40", until: "40{" },
    { say: event("join", ROOM, name), until: '"joined"' },
  ],
  message: (ref, text) => event("send", { ref, room: ROOM, text }),
  ping: { say: event("ping"), until: '"pong"' },
};

function event(...values: unknown[]): string {
  return `42${JSON.stringify(values)}`;
}

/** All dialects. */
export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  "chat.v1": chat,
  "socket.io": socketIo,
};
