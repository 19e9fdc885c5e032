/**
 * The time that the costliest frames of a client take on a server with full rooms: a part of
 * `deno task bench:micro`.
 *
 * @module
 */

import { idOf } from "../../tests/support/charge.ts";
import { type FakeClient, FakeHub, UNLIMITED } from "../../tests/support/fake_hub.ts";
import { table } from "../support/table.ts";
import { Stopwatch } from "../support/stopwatch.ts";

const TIMES = 20;

/** As many rooms as a connection may be in. Every client here is in all of them. */
const ROOMS = Array.from({ length: 20 }, (_, i) => `room-${i}`);

/** The longest text, with two bytes for each unit in memory and three in a frame. */
const LARGEST_TEXT = "\u4e00".repeat(4000);

/** The longest name that the server normalises, of a character that grows by a factor of 18. */
const LONGEST_NAME = "\uFDFA".repeat(256);

/** Twenty rooms of 200 members, 1,000 messages of 8 kB in the first, and an admin in all rooms. */
async function fullServer(): Promise<{
  readonly fake: FakeHub;
  readonly client: FakeClient;
  /** A position before all messages, of this server: it gives nothing for positions of others. */
  readonly since: string;
  /** The id of a message in the second room. */
  readonly id: string;
}> {
  const fake = new FakeHub({
    messageRate: UNLIMITED,
    commandRate: UNLIMITED,
    connectionsPerAddress: Infinity,
    historyBytes: Infinity,
    admins: new Set([idOf("Ada")]),
  });
  for (let i = 0; i < 199; i++) {
    const member = await fake.client(`member ${i}`);
    for (const room of ROOMS) member.send({ type: "join", room });
  }
  const client = await fake.client("Ada");
  for (const room of ROOMS) client.send({ type: "join", room });
  const since = (await client.readOf("joined"))[0]?.head ?? "";
  const [first = ""] = ROOMS;
  for (let i = 0; i < 1000; i++) {
    client.send({ type: "send", ref: `${i}`, room: first, text: LARGEST_TEXT });
    await fake.turn();
  }
  await fake.pass(2000);
  client.send({ type: "send", ref: "known", room: "room-1", text: "a" });
  const [{ id } = { id: "" }] = await client.readOf("ack");
  return { fake, client, since, id };
}

let refs = 0;

const { fake, client, since, id } = await fullServer();

/** Somebody who is not here, another one for each number. */
const stranger = (i: number): string => idOf(`stranger ${i}`);

/** The frames, by name. */
const FRAMES: Readonly<Record<string, (i: number) => string>> = {
  "ping": () => `{"type":"ping"}`,
  "no JSON: 8,192 brackets": () => "[".repeat(8192) + "]".repeat(8192),
  "no JSON: a string that does not end": () => `"${"x".repeat(16_000)}`,
  "1,500 unknown fields": () =>
    `{"type":"ping",${Array.from({ length: 1500 }, (_, i) => `"${i}":1`).join(",")}}`,
  "a number of 16,000 digits": () => `{"type":"ping","x":${"9".repeat(16_000)}}`,
  "a ref of 16,000 characters": () => `{"type":"ping","ref":"${"x".repeat(16_000)}"}`,
  "rename, 256 units that grow most": () => JSON.stringify({ type: "rename", name: LONGEST_NAME }),
  "rename, 16 kB": () =>
    JSON.stringify({ type: "rename", name: "a" + "\u0344".repeat(2700) + "\u0334".repeat(2700) }),
  "rename of a member of 20 rooms of 200": (i) =>
    JSON.stringify({ type: "rename", name: `Ada ${i}` }),
  "join, the newest messages (256 KiB)": () => `{"type":"join","room":"room-0"}`,
  "join with a since of long ago (16 MiB follow)": () =>
    JSON.stringify({ type: "join", room: "room-0", since }),
  "join of a room with no messages": () => `{"type":"join","room":"room-1"}`,
  "history, the newest (256 KiB)": () => `{"type":"history","room":"room-0","limit":200}`,
  "history, the oldest (256 KiB)": () =>
    `{"type":"history","room":"room-0","limit":200,"after":"${since}"}`,
  "send, 4,000 characters to 200": () =>
    JSON.stringify({ type: "send", ref: `x${refs++}`, room: "room-1", text: LARGEST_TEXT }),
  "send, a room name of 16 kB": () =>
    JSON.stringify({ type: "send", ref: "r", room: "\u0130".repeat(8000), text: "x" }),
  "edit, 4,000 characters to 200": (i) =>
    JSON.stringify({
      type: "edit",
      ref: `x${refs++}`,
      room: "room-1",
      id,
      text: `${i}${LARGEST_TEXT.slice(9)}`,
    }),
  "react, to 200": (i) =>
    JSON.stringify({
      type: "react",
      ref: `x${refs++}`,
      room: "room-1",
      id,
      emoji: "👍",
      on: i % 2 === 0,
    }),
  "configure, 50 moderators and the longest topic, to 200": (i) =>
    JSON.stringify({
      type: "configure",
      room: "room-3",
      topic: `${i}${"\u4e00".repeat(190)}`,
      moderators: Array.from({ length: 50 }, (_, j) => stranger(j)),
    }),
  "mute, one more": (i) =>
    JSON.stringify({ type: "mute", room: "room-4", user: stranger(i), minutes: 43_200 }),
  "ban, one more": (i) => JSON.stringify({ type: "ban", user: stranger(i), minutes: 43_200 }),
  "bans of a room": () => `{"type":"bans","room":"room-4"}`,
  "rooms": () => `{"type":"rooms"}`,
  "typing to 200": () => `{"type":"typing","room":"room-1"}`,
  "leave and rejoin": () => `{"type":"leave","room":"room-2"}`,
};

const lines = await Array.fromAsync(Object.entries(FRAMES), async ([name, frameOf]) => {
  const handling: number[] = [];
  const turns: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const frame = frameOf(i);
    const stopwatch = new Stopwatch();
    client.sendFrame(frame);
    handling.push(stopwatch.seconds * 1000);
    await fake.turn();
    turns.push(stopwatch.seconds * 1000);
    client.send({ type: "join", room: "room-2" });
    // The server closes a connection after 20 bad commands in ten seconds.
    await fake.pass(1000);
    client.transport.frames.length = 0;
    if (client.closeCode !== undefined) throw new Error(`${name} ends with ${client.closeCode}`);
  }
  const median = (times: number[]): string =>
    (times.sort((a, b) => a - b)[TIMES / 2] ?? 0).toFixed(3);
  return [name, `${frameOf(0).length}`, median(handling), median(turns)] as const;
});
console.log(table(["Frame", "Length", "Handled, ms", "Answered, ms"], lines));
Deno.exit(0);
