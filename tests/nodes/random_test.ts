/**
 * Random runs: in the end everybody has the same picture of a room.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { skeletonsOf } from "../../chat/text/skeletons.ts";
import { type FakeClient, keyOf } from "../support/fake_hub.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { membersAt, Network } from "./network.ts";

const USERS = ["Ada", "Bob", "Carol", "Dan", "Eve", "Frank"];
const NAMES = [...USERS, "Ian", "lan", "B0b", "Mallory"];
const ROOMS = ["lobby", "den"];

for (let seed = 1; seed <= 6; seed++) {
  Deno.test(`Instances: everybody has the same picture in the end of a random run, seed ${seed}`, async () => {
    const random = new SeededRandom(seed);
    await using network = await Network.make(3);
    const clients: { at: number; user: string; client: FakeClient }[] = [];
    // Names are unique unless a user changes the name and enters a room elsewhere in one moment.
    const isWild = seed % 2 === 0;
    let isLossy = isWild;
    network.loses = (_, signal) => isLossy && signal.kind === "node" && random.chance(0.1);
    for (let i = 0; i < 150; i++) {
      const at = random.below(3);
      const some = clients[random.below(clients.length + 1)];
      const action = random.next();
      if (some === undefined || (action < 0.3 && clients.length < 15)) {
        const user = random.pick(USERS);
        const client = network.hub(at).connect();
        client.send({
          type: "hello",
          name: random.pick([user, random.pick(NAMES)]),
          key: keyOf(user),
        });
        client.send({ type: "join", room: random.pick(ROOMS) });
        clients.push({ at, user, client });
      } else if (action < 0.4) {
        some.client.drop();
        clients.splice(clients.indexOf(some), 1);
      } else if (action < 0.55) {
        some.client.send({ type: "leave", room: random.pick(ROOMS) });
      } else if (action < 0.75) {
        some.client.send({ type: "join", room: random.pick(ROOMS) });
      } else {
        some.client.send({ type: "rename", name: random.pick(NAMES) });
      }
      if (!isWild) await network.pass(800, 400);
      if (random.chance(0.5)) await network.settled();
      if (random.chance(0.3)) await network.pass(random.pick([100, 500, 2_000]), 500);
    }
    isLossy = false;
    await network.pass(20_000, 500);
    // Somebody everywhere, so that the rooms are in memory.
    for (const [i, hub] of network.hubs.entries()) {
      for (const room of ROOMS) await hub.member(`Watcher ${i} ${room}`, room);
    }
    await network.pass(3_000, 500);
    for (const room of ROOMS) {
      const expected = new Set<string>();
      for (const { client } of clients) {
        if (client.connection.cursors.has(room)) {
          expected.add(client.connection.session?.user.id ?? "");
        }
      }
      const [first = {}, ...others] = network.hubs.map((hub) => membersAt(hub, room));
      for (const each of others) assertEquals(each, first);
      const watchers = Object.values(first).filter((name) => name.startsWith("Watcher"));
      assertEquals(watchers.length, 3);
      assertEquals(Object.keys(first).length, expected.size + 3);
      for (const id of expected) assert(id in first);
      const skeletons = Object.values(first).flatMap(skeletonsOf);
      if (!isWild) assertEquals(new Set(skeletons).size, skeletons.length, JSON.stringify(first));
      for (const hub of network.hubs) {
        assertEquals(hub.hub.context.rooms.get(room)?.presence.count, expected.size + 3);
      }
    }
    for (const { client, user } of clients) {
      const { session } = client.connection;
      const { name } = session?.user ?? {};
      for (const hub of network.hubs) {
        const other = hub.hub.context.memberships.userOf(session?.user.id ?? "");
        assertEquals(other?.name, name, user);
      }
    }
  });
}
