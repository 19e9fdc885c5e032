/// <reference lib="dom" />

/**
 * Person of the browser tests: a connection without a page, which says, answers and reacts.
 *
 * @module
 */

import type { Command, ServerEvent } from "../../chat/protocol/types.ts";
import type { Stage, TestServer } from "./browser.ts";

type Ack = Extract<ServerEvent, { type: "ack" }>;
/** The commands of a person, without room and ref. */
type Said = Command extends infer Each
  ? Each extends { type: "send" | "edit" | "delete" | "react" } ? Omit<Each, "room" | "ref"> : never
  : never;

/** A person in a room. */
export interface Person {
  readonly id: string;
  /** Resolves with the answer to any command. */
  asks(command: Readonly<Record<string, unknown>>): Promise<ServerEvent>;
  /** Resolves with the id of the message when it is acknowledged. */
  does(command: Said): Promise<string>;
}

/** Lets a person join a room until the test ends. */
export async function comes(
  stage: Stage,
  server: TestServer,
  name: string,
  room = "lobby",
): Promise<Person> {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws`);
  stage.use({ [Symbol.asyncDispose]: () => Promise.resolve(socket.close()) });
  await new Promise((resolve) => socket.onopen = resolve);
  const waiting = new Map<string, (event: ServerEvent) => void>();
  socket.onmessage = ({ data }) => {
    for (const event of JSON.parse(data)) waiting.get(event.ref)?.(event);
  };
  const asks = (command: Readonly<Record<string, unknown>>): Promise<ServerEvent> => {
    const ref = crypto.randomUUID();
    const answer = new Promise<ServerEvent>((resolve, reject) => {
      waiting.set(ref, resolve);
      socket.addEventListener("close", () => reject(new Error("The connection was closed")));
    });
    socket.send(JSON.stringify({ ...command, ref }));
    return answer;
  };
  const welcome = await asks({ type: "hello", name });
  if (welcome.type !== "welcome") throw new Error(JSON.stringify(welcome));
  await asks({ type: "join", room });
  return {
    id: welcome.you.id,
    asks,
    async does(command) {
      const event = await asks({ ...command, room });
      if (event.type !== "ack") throw new Error(JSON.stringify(event));
      return (event as Ack).id;
    },
  };
}
