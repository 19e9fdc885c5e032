/**
 * Attacks by WebSocket frames: too large, never complete, in endless fragments.
 *
 * @module
 */

import { frame, Opcode } from "../../tests/support/frames.ts";
import { memoryOf } from "../support/process_usage.ts";
import { sleep } from "../support/stopwatch.ts";
import type { Attack, AttackTarget } from "./attack.ts";
import { AttackClient } from "./attack_client.ts";
import { LANES, openAll, repeat, scaled } from "./attack_steps.ts";

/** Clients that send a frame over the limit, are disconnected for it, and come back. */
async function sendTooLarge(
  target: AttackTarget,
  lanes: number,
  payload: string | Uint8Array,
): Promise<string> {
  const tooLarge = frame(Opcode.TEXT, payload);
  const frames = await repeat(target, lanes, async () => {
    const client = await AttackClient.upgrade(target.port);
    const closed = client.receive("at most");
    await client.send(tooLarge);
    await closed;
    client.destroy();
  });
  return `${frames} frames`;
}

export const FRAME_ATTACKS: readonly Attack[] = [
  {
    name: "a frame of 64 MiB, again and again",
    run: (target) => sendTooLarge(target, 1, new Uint8Array(64 * 2 ** 20 - 1).fill(0x20)),
  },
  {
    name: "frame headers that announce 64 MiB",
    async run(target) {
      const header = frame(Opcode.TEXT, new Uint8Array(64 * 2 ** 20 - 1)).slice(0, 1000);
      const clients = await openAll(scaled(target, 1000), () => AttackClient.upgrade(target.port));
      for (const each of clients) await each.send(header);
      await sleep(2000);
      return `${clients.length} connections`;
    },
  },
  {
    name: "frames a byte over the limit",
    run: (target) => sendTooLarge(target, LANES, "x".repeat(16_385)),
  },
  {
    name: "fragments without end, up to 300 MB",
    async run({ port, serverPid }) {
      const client = await AttackClient.upgrade(port);
      const piece = new Uint8Array(65_536).fill(0x20);
      await client.send(frame(Opcode.TEXT, piece, { final: false }));
      const next = frame(Opcode.CONTINUATION, piece, { final: false });
      let sent = 1;
      for (; !client.ended; sent++) {
        await client.send(next);
        if (sent % 16 === 0 && (await memoryOf(serverPid)).rssBytes > 300e6) break;
      }
      return `${Math.round(sent / 16)} MiB taken`;
    },
  },
];
