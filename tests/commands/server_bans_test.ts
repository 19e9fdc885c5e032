import { assertEquals } from "@std/assert";
import type { KeyedDocument } from "../../chat/broker/broker.ts";
import { ServerBans } from "../../chat/commands/server_bans.ts";
import { encodeBans } from "../../chat/room/bans.ts";
import { settled, unlimitedAddress } from "../support/fake_hub.ts";

const NOW = 1_789_057_529_454;
const ID = "k3vaq2x2abcd2345";

Deno.test("ServerBans.reload() reads again what was lost while they were read", async () => {
  const reads: ((documents: readonly KeyedDocument[]) => void)[] = [];
  const documents = () => (
    new Promise<readonly KeyedDocument[]>((resolve) => reads.push(resolve))
  );
  const bans = new ServerBans({ documents }, () => NOW, () => {});
  const loaded = bans.load();
  bans.reload();
  reads.shift()?.([]);
  await settled();
  assertEquals(bans.isReady, false);
  const of = { kind: "ban", id: ID, name: "", until: NOW + 1000, by: "x", at: NOW } as const;
  const body = encodeBans([{ ...of, address: "", inside: [] }]);
  reads.shift()?.([{ key: ":bans/0", position: "1", body }]);
  assertEquals(await loaded, true);
  assertEquals(bans.refuse(ID, unlimitedAddress(), undefined)?.code, "banned");
  assertEquals(reads.length, 0);
});
