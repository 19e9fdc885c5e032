/**
 * A hub in a Worker: publishes in a room by the broker of another isolate, keeps the room, and now
 * and then does nothing else for a while.
 *
 * @module
 */

import { RemoteBroker } from "../../chat/broker/remote.ts";
import type { Port } from "../../chat/broker/remote_messages.ts";
import { send } from "./ops.ts";
import { RoomReader } from "./room_reader.ts";

/** What the Worker is asked to do. */
export interface Task {
  readonly name: string;
  /** The name of a channel, or a port. */
  readonly channel: string | MessagePort;
  readonly messages: number;
  readonly busyMs: number;
  /** The messages that the room has in the end. */
  readonly total: number;
}

const scope = self as unknown as Worker;

scope.onmessage = async ({ data }: MessageEvent<Task>) => {
  const { name, channel, messages, busyMs, total } = data;
  const port: Port = typeof channel === "string" ? new BroadcastChannel(channel) : channel;
  const broker = await RemoteBroker.connect(port);
  const reader = new RoomReader(broker, "lobby");
  await reader.open();
  const acked: string[] = [];
  for (let i = 0; i < messages; i += 10) {
    const calls = Array.from({ length: 10 }, (_, j) => {
      const ref = `${name} ${i + j}`;
      return broker.publish([send(ref, { user: name, ref })]);
    });
    for (const [outcome] of await Promise.all(calls)) {
      if (outcome !== undefined && "id" in outcome) acked.push(outcome.id);
    }
    if (i % 200 === 0) { for (const end = performance.now() + busyMs; performance.now() < end;); }
  }
  while (reader.log.length < total) await new Promise((resolve) => setTimeout(resolve, 20));
  const log = reader.log.map(({ id, body }) => [id, JSON.parse(body).text]);
  scope.postMessage({ acked, log, losses: reader.losses });
  await broker.close();
};
