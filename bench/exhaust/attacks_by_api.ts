/**
 * Attacks by the HTTP API: costly bodies, exports and event streams that nobody reads.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Attack, type AttackTarget, ONE_ADDRESS, UNLIMITED } from "./attack.ts";
import { AttackClient } from "./attack_client.ts";
import { countOpen, LOBBY, openAll, repeat, scaled } from "./attack_steps.ts";

const ROOM = `/api/rooms/${LOBBY}`;

/** A body of 60,000 chunks of one byte each. */
const CHUNKS = `Transfer-Encoding: chunked\r\n\r\n${"1\r\na\r\n".repeat(60_000)}0\r\n\r\n`;

/** The costliest message in Slack's format: nothing in it is shown. */
const EMPTY_ATTACHMENTS = JSON.stringify({ attachments: new Array(19_000).fill({}) });

function requestOf(line: string, rest = "\r\n"): Buffer {
  return Buffer.from(`${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${rest}`);
}

function withBody(body: string): string {
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Sends a request again and again, each time on a new connection. Returns the answers by status. */
async function askInLoop(
  target: AttackTarget,
  lanes: number,
  requestFor: (i: number) => Buffer,
): Promise<string> {
  const answers: Record<string, number> = {};
  await repeat(target, lanes, async (i) => {
    const client = await AttackClient.connect(target.port, ONE_ADDRESS);
    const answer = client.receive("\r\n\r\n");
    client.send(requestFor(i)).catch(() => {});
    const [, status = "none"] = /HTTP\/1\.1 (\d+)/.exec(await answer) ?? [];
    answers[status] = (answers[status] ?? 0) + 1;
    client.destroy();
  });
  return Object.entries(answers).map(([status, times]) => `${times} × ${status}`).join(", ");
}

/** Asks for what it does not read, by many clients, while messages of 12 kB are posted. */
async function leaveUnread(target: AttackTarget, path: string): Promise<string> {
  const { port } = target;
  const text = withBody("\u4e00".repeat(4000));
  const post = (i: number) => requestOf(`POST ${ROOM}/messages?key=the-key-of-writer-${i}`, text);
  await askInLoop({ ...target, seconds: target.seconds / 2 }, 8, post);
  const clients = await openAll(scaled(target, 1000), async () => {
    const client = await AttackClient.connect(port);
    client.stall();
    await client.send(requestOf(`GET ${path}`));
    return client;
  });
  const posted = await askInLoop({ ...target, seconds: target.seconds / 2 }, 8, post);
  return `${countOpen(clients)} unread, posts: ${posted}`;
}

export const API_ATTACKS: readonly Attack[] = [
  {
    name: "API: bodies in 60,000 chunks of one byte, from one address",
    run: (target) => askInLoop(target, 8, () => requestOf(`POST ${ROOM}/messages`, CHUNKS)),
  },
  {
    name: "API: Slack's messages with 19,000 empty attachments, from one address",
    run: (target) => {
      const request = requestOf(`POST ${ROOM}/slack`, withBody(EMPTY_ATTACHMENTS));
      return askInLoop(target, 8, () => request);
    },
  },
  {
    name: "API: exports that nobody reads",
    environment: UNLIMITED,
    leaves: { rooms: 2 },
    run: (target) => leaveUnread(target, `${ROOM}/export`),
  },
  {
    name: "API: event streams that nobody reads",
    environment: UNLIMITED,
    leaves: { rooms: 2 },
    run: (target) => leaveUnread(target, `${ROOM}/events`),
  },
  {
    name: "API: event streams of new rooms, opened and closed from one address",
    // Its budget of connections is not full again.
    leaves: { addresses: 1 },
    run: (target) => askInLoop(target, 8, (i) => requestOf(`GET /api/rooms/room-${i}/events`)),
  },
];
