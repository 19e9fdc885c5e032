/**
 * Names across instances: one user has each in a room.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Unavailable } from "../../chat/broker/broker.ts";
import { Names } from "../../chat/nodes/names.ts";
import type { Session } from "../../chat/room/memberships.ts";
import { within } from "../support/deadline.ts";
import { type FakeClient, only } from "../support/fake_hub.ts";
import { Network } from "./network.ts";

const types = async (client: FakeClient) =>
  (await client.read()).map((event) => event.type === "error" ? event.code : event.type);

Deno.test("Instances: of two users who take names that look alike at once, one has it", async () => {
  await using network = await Network.make(3);
  for (let i = 0; i < 20; i++) {
    const room = `room${i}`;
    const clients = [
      await network.hub(0).client("Ian", `the key of one ${i}`),
      await network.hub(1).client("lan", `the key of two ${i}`),
      await network.hub(2).client("Ian", `the key of three ${i}`),
    ];
    for (const client of clients) client.send({ type: "join", room });
    await network.settled();
    const answers = await Array.fromAsync(clients, types);
    assertEquals(answers.flat().toSorted(), ["joined", "name_taken", "name_taken"]);
  }
});

Deno.test("Instances: a name that was given up is free for another user at another instance at once", async () => {
  await using network = await Network.make(2);
  const [one, two] = [network.hub(0), network.hub(1)];
  const ada = await one.member("Ada");
  const other = await two.client("Ada", "the key of another");
  const join = { type: "join", room: "lobby" };
  assertEquals(only(await other.ask(join), "error").code, "name_taken");
  await ada.ask({ type: "rename", name: "Countess" });
  assertEquals((await other.ask(join)).map(({ type }) => type), ["joined"]);
  assertEquals(only(await ada.ask({ type: "rename", name: "ADA" }), "error").code, "name_taken");
  await other.ask({ type: "leave", room: "lobby" });
  only(await ada.ask({ type: "rename", name: "ADA" }), "renamed");
});

Deno.test("Instances: a name is free when its user's membership has ended", async () => {
  await using network = await Network.make(2);
  const [one, two] = [network.hub(0), network.hub(1)];
  const ada = await one.member("Ada");
  const other = await two.client("Ada", "the key of another");
  ada.drop();
  await network.pass(4_000);
  const join = { type: "join", room: "lobby" };
  assertEquals(only(await other.ask(join), "error").code, "name_taken");
  await network.pass(2_000);
  assertEquals((await other.ask(join)).map(({ type }) => type).includes("joined"), true);
});

Deno.test("Instances: a name is refused that is taken where the user is by another instance alone", async () => {
  await using network = await Network.make(2);
  const [one, two] = [network.hub(0), network.hub(1)];
  await one.member("Ada", "den");
  await one.member("Bob", "den");
  await network.pass(1_000);
  const again = await two.client("Ada");
  assertEquals(only(await again.ask({ type: "rename", name: "B0b" }), "error").code, "name_taken");
  only(await again.ask({ type: "rename", name: "Countess" }), "renamed");
  // It holds in the room of the other one before that has heard of it, and after.
  for (const ms of [0, 1_000, 5_000]) {
    await network.pass(ms);
    const eve = await two.client("Countess", "the key of Eve the other");
    assertEquals(only(await eve.ask({ type: "join", room: "den" }), "error").code, "name_taken");
  }
  // The old one is free.
  only(
    await (await two.client("Ada", "the key of eve, too")).ask({ type: "join", room: "den" }),
    "joined",
  );
});

Deno.test("Instances: a name is claimed for a user who leaves while joining by another connection", async () => {
  await using network = await Network.make(2);
  const [one, two] = [network.hub(0), network.hub(1)];
  const [first, second] = [await two.member("Ada"), await two.client("Ada")];
  // A position that is not known is one that other instances are asked for.
  second.send({ type: "join", room: "lobby", since: "7".padEnd(26, "Z") });
  first.send({ type: "leave", room: "lobby" });
  assertEquals([...await types(first), ...await types(second)], ["left", "joined"]);
  const other = await one.client("Ada", "the key of another");
  assertEquals(
    only(await other.ask({ type: "join", room: "lobby" }), "error").code,
    "name_taken",
  );
});

Deno.test("Instances: a client that goes while its name is claimed leaves nothing behind", async () => {
  await using network = await Network.make(2);
  const [one, two] = [network.hub(0), network.hub(1)];
  const [ada, bob] = [await two.client("Ada"), await two.member("Bob")];
  ada.send({ type: "join", room: "lobby" });
  bob.send({ type: "rename", name: "Eve" });
  ada.drop();
  bob.drop();
  await network.pass(8_000);
  for (const name of ["Ada", "Bob", "Eve"]) {
    const other = await one.client(name, `the key of another ${name}`);
    only(await other.ask({ type: "join", room: "lobby" }), "joined");
  }
  assertEquals(two.hub.userCount, 0);
});

Deno.test("Instances: commands of a connection are carried out in their order while a name is claimed", async () => {
  await using network = await Network.make(2);
  const ada = await network.hub(1).client("Ada");
  const commands = [
    { type: "join", room: "lobby" },
    { type: "send", room: "lobby", ref: "1", text: "hi" },
    { type: "rename", name: "Countess" },
    { type: "send", room: "lobby", ref: "2", text: "ho" },
    { type: "leave", room: "lobby" },
    { type: "join", room: "lobby" },
    { type: "ping" },
  ];
  for (const command of commands) ada.send(command);
  const events = await ada.read();
  const answers = events.map(({ type }) => type).filter((type) => type !== "message");
  assertEquals(answers, ["joined", "ack", "renamed", "ack", "left", "joined", "pong"]);
  const messages = events.flatMap((event) => event.type === "message" ? [event.user.name] : []);
  assertEquals(messages, ["Ada", "Countess"]);
});

Deno.test("Names.sweep() claims a name that another user has by now as soon as it is free", async () => {
  const { names, session, take } = namesOf([false, false, true, false]);
  for (const name of ["lobby", "den"]) session.rooms.add({ name });
  names.lost();
  await names.sweep();
  assertEquals(take(), ["claim ada lobby,den ada", "claim ada lobby ada", "claim ada den ada"]);
  await names.sweep();
  assertEquals(take(), ["claim ada lobby ada"]);
  await names.sweep();
  assertEquals(take(), ["claim ada lobby ada"]);
  await names.sweep();
  assertEquals(take(), []);
});

Deno.test("Names.sweep() claims the name of a user who is in many rooms in parts", async () => {
  const { names, session, take } = namesOf([true, false]);
  for (let i = 0; i < 51; i++) session.rooms.add({ name: `room${i}` });
  names.lost();
  await names.sweep();
  assertEquals(take().map((call) => call.split(",").length), [50, 1]);
  await names.sweep();
  assertEquals(take(), ["claim ada room50 ada"]);
});

/** A broker whose claims a test answers, and a user of its own. */
function namesOf(answers: (boolean | Error | Promise<boolean>)[]) {
  const calls: string[] = [];
  const session = {
    user: { id: "ada", name: "Ada" },
    skeletons: ["ada"],
    named: undefined,
    rooms: new Set<{ name: string }>(),
  };
  const names = new Names({
    broker: {
      claim(user, rooms, skeletons) {
        calls.push(`claim ${user} ${rooms} ${skeletons[0]}`);
        const answer = answers.shift() ?? true;
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
      release: (user, rooms) => void calls.push(`release ${user} ${rooms}`),
    },
    sessionOf: (id) => id === "ada" ? session as unknown as Session : undefined,
    ids: () => ["ada"],
    roomsElsewhere: () => new Set(),
    hasOlderName: () => false,
  });
  const take = () => calls.splice(0);
  return { names, session, take };
}

Deno.test("Names.join() gives up the claim of a user who does not enter", async () => {
  const { names, session, take } = namesOf([]);
  const join = (isLetIn: boolean) =>
    names.join(session as unknown as Session, "lobby", (isFree) => {
      if (isLetIn) session.rooms.add({ name: "lobby" });
      return isFree;
    });
  assertEquals(await join(false), true);
  assertEquals(take(), ["claim ada lobby ada", "release ada lobby"]);
  assertEquals(await join(true), true);
  assertEquals(take(), ["claim ada lobby ada"]);
});

Deno.test("Names.join() enters where nothing can be claimed now, and claims the name later", async () => {
  const down = () => new Unavailable("down", "no");
  const { names, session, take } = namesOf([down(), down()]);
  const isFree = await names.join(session as unknown as Session, "lobby", (isFree) => {
    session.rooms.add({ name: "lobby" });
    return isFree;
  });
  assertEquals(isFree, undefined);
  await names.sweep();
  take();
  await names.sweep();
  assertEquals(take(), ["claim ada lobby ada"]);
  await names.sweep();
  assertEquals(take(), []);
});

Deno.test("Names.join() does not wait for claims of other rooms, with messages ahead of its answer", async () => {
  const { names, session } = namesOf([true, new Promise(() => {})]);
  session.rooms.add({ name: "garden" });
  const joined = names.join(session as unknown as Session, "lobby", (isFree) => isFree);
  assertEquals(await within(joined, "the answer"), true);
});

Deno.test("Names.rename() takes the old name back where the new one is not used", async () => {
  const { names, session, take } = namesOf([]);
  session.rooms.add({ name: "lobby" });
  names.note("ada");
  await names.sweep();
  assertEquals(take(), ["claim ada lobby ada"]);
  await names.rename("ada", "Bob", () => {});
  const [first = "", second] = take();
  assert(first.startsWith("claim ada lobby bo"), first);
  assertEquals(second, "claim ada lobby ada");
});

Deno.test("Names.sweep() claims again what failed, and after a loss what is held", async () => {
  const { names, session, take } = namesOf([new Error("down"), new Error("down")]);
  session.rooms.add({ name: "lobby" });
  let failures = 0;
  await names.rename("ada", "Bob", () => {}).catch(() => failures++);
  assertEquals([failures, take().length], [1, 2]);
  await names.sweep();
  assertEquals(take(), ["claim ada lobby ada"]);
  await names.sweep();
  assertEquals(take(), []);
  names.lost();
  await names.sweep();
  assertEquals(take(), ["claim ada lobby ada"]);
  session.rooms.clear();
  names.release("ada", "lobby");
  assertEquals(take(), ["release ada lobby"]);
});
