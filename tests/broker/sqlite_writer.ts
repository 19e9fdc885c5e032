/**
 * A process that publishes as fast as it can, and says on standard output what was acknowledged and
 * what was told: one JSON array a line. To be killed.
 *
 * @module
 */

import { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { send } from "./ops.ts";
import { OPTIONS } from "./sqlite_folder.ts";

const [folder = "", durability, prefix = "", bytes = "10"] = Deno.args;
const broker = new SqliteBroker({
  ...OPTIONS,
  receiptBytes: 1e8,
  folder,
  durability: durability === "normal" ? "normal" : "full",
});
const say = (line: unknown) =>
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(line)}\n`));

broker.subscribe({
  published: (_room, { id, body }) => say(["told", id, JSON.parse(body).text.trim()]),
  documented() {},
  signalled() {},
  lost: () => say(["lost"]),
  dropped() {},
});

for (let client = 0; client < 10; client++) {
  (async () => {
    for (let i = 0;; i++) {
      const name = `${prefix} ${client} ${i}`;
      const op = send(name + " ".repeat(Number(bytes)), { ref: name, user: `user ${client}` });
      try {
        const [outcome] = await broker.publish([op]);
        say(["ack", outcome !== undefined && "id" in outcome ? outcome.id : outcome?.as, name]);
      } catch (error) {
        say(["failed", (error as { kept: string }).kept, name, (error as Error).message]);
        const part = await broker.after("lobby", "0", 5);
        say(["read", part.messages.length]);
        await new Promise((resolve) => setTimeout(resolve, 100));
        i--;
      }
    }
  })();
}
