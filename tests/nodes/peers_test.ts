import { assert, assertEquals } from "@std/assert";
import { MAX_SIGNAL_LENGTH } from "../../chat/broker/broker.ts";
import { Announcer } from "../../chat/nodes/announcer.ts";
import { Peers } from "../../chat/nodes/peers.ts";
import { type Announced, encodeUser, parseSignal } from "../../chat/nodes/signals.ts";
import { SeededRandom } from "../support/seeded_random.ts";

/** Peers that write down what they tell. */
function listen({ graceMs = 5_000 } = {}) {
  const told: string[] = [];
  const peers = new Peers({
    graceMs,
    ask: (id) => told.push(`ask ${id}`),
    entered: (id, room) => told.push(`${id} entered ${room}`),
    went: (id, room) => told.push(`${id} went ${room}`),
    changed: () => {},
    left: (id, room) => told.push(`${id} left ${room}`),
  });
  return { peers, take: () => told.splice(0), hear: hearOf(peers) };
}

function hearOf(peers: Peers) {
  return (body: string, now: number) => {
    const signal = parseSignal(body);
    if (signal !== undefined) peers.receive(signal, now);
  };
}

/** An instance whose users a test sets. */
function speak(id: string) {
  const users = new Map<string, Announced>();
  const sent: string[] = [];
  const announcer = new Announcer({
    id,
    users: () => users.keys(),
    stateOf: (user) => users.get(user),
    send: (body) => sent.push(body),
    hasOthers: () => true,
  });
  const set = (user: string, ...rooms: string[]) => {
    users.set(user, { ...stateOf(user), rooms: new Set(rooms) });
    announcer.note(user);
  };
  const remove = (user: string) => {
    users.delete(user);
    announcer.note(user);
  };
  const tick = (now: number) => {
    announcer.tick(now);
    return sent.splice(0);
  };
  return { users, announcer, set, remove, tick };
}

const stateOf = (name: string): Announced => ({
  name,
  named: { time: 1, by: "here" },
  isAdmin: false,
  rooms: new Set(),
});

Deno.test("Peers follow the changes of an instance, and ask when one is missing", () => {
  const { peers, take, hear } = listen();
  const one = speak("one");
  one.set("ada", "lobby");
  for (const body of one.tick(0)) hear(body, 0);
  assertEquals(take(), ["ada entered lobby"]);
  one.set("bob", "lobby", "den");
  one.tick(300);
  one.set("ada", "den");
  for (const body of one.tick(600)) hear(body, 600);
  assertEquals(take(), ["ask one"]);
  one.announcer.ask();
  one.announcer.ask();
  const parts = one.tick(700);
  assertEquals(parts.length, 1);
  for (const body of parts) hear(body, 700);
  assertEquals(take().toSorted(), [
    ...["ada entered den", "ada went lobby", "bob entered den", "bob entered lobby"],
  ]);
  assertEquals([peers.countIn("den"), peers.countIn("lobby")], [2, 1]);
});

Deno.test("Peers notice by the number in a beat that the last changes are missing", () => {
  const { take, hear } = listen();
  const one = speak("one");
  for (const body of one.tick(0)) hear(body, 0);
  assertEquals(take(), []);
  one.set("ada", "lobby");
  one.tick(300);
  for (const body of one.tick(2_000)) hear(body, 2_000);
  assertEquals(take(), ["ask one"]);
});

Deno.test("Peers apply changes that came before the snapshot after it", () => {
  const { peers, hear } = listen();
  const one = speak("one");
  one.set("ada", "lobby");
  one.tick(0);
  one.announcer.ask();
  const snapshot = one.tick(100);
  one.set("ada", "den");
  for (const body of [...one.tick(400), ...snapshot]) hear(body, 400);
  assertEquals([peers.countIn("den"), peers.countIn("lobby")], [1, 0]);
});

Deno.test("Peers count a user at two instances once, and keep the name that was given last", () => {
  const { peers, take, hear } = listen();
  const [one, two] = [speak("one"), speak("two")];
  one.set("ada", "lobby");
  two.users.set("ada", {
    ...stateOf("Countess"),
    named: { time: 2, by: "a" },
    rooms: new Set(["lobby"]),
  });
  two.announcer.note("ada");
  for (const body of [...one.tick(0), ...two.tick(0)]) hear(body, 0);
  assertEquals(take(), ["ada entered lobby"]);
  assertEquals([peers.countIn("lobby"), peers.userOf("ada")?.name], [1, "Countess"]);
  one.remove("ada");
  for (const body of one.tick(300)) hear(body, 300);
  assertEquals([take(), peers.countIn("lobby")], [[], 1]);
  two.remove("ada");
  two.announcer.noteLeft("ada", "lobby");
  for (const body of two.tick(300)) hear(body, 300);
  assertEquals([take(), peers.userOf("ada")], [["ada went lobby", "ada left lobby"], undefined]);
});

Deno.test("Peers forget an instance that is silent, after the grace, but not for a time in which this one stood still", () => {
  const { peers, take, hear } = listen();
  const one = speak("one");
  one.set("ada", "lobby");
  for (const body of one.tick(0)) hear(body, 0);
  take();
  let now = 0;
  for (; now <= 5_000; now += 100) peers.tick(now);
  now += 60_000;
  peers.tick(now);
  assertEquals(peers.countLiving(now), 1);
  for (const until = now + 5_500; now < until; now += 100) peers.tick(now);
  assertEquals([peers.countLiving(now), take()], [0, []]);
  for (const until = now + 5_500; now < until; now += 100) peers.tick(now);
  assertEquals([take(), peers.size], [["ada went lobby"], 0]);
});

Deno.test("Peers take nobody for gone while nobody can be heard", () => {
  const { peers, take, hear } = listen();
  const one = speak("one");
  one.set("ada", "lobby");
  for (const body of one.tick(0)) hear(body, 0);
  take();
  let now = 0;
  for (; now <= 60_000; now += 100) peers.tick(now, true);
  assertEquals([peers.countLiving(now), take()], [1, []]);
  for (; now <= 72_000; now += 100) peers.tick(now);
  assertEquals(take(), ["ada went lobby"]);
});

Deno.test("Peers ask again for a snapshot that does not come, or lacks a part", () => {
  const { peers, take, hear } = listen();
  const one = speak("one");
  for (let i = 0; i < 3_000; i++) one.set(`user${i}`, "lobby");
  one.tick(0);
  for (const body of one.tick(2_000)) hear(body, 2_000);
  peers.tick(2_000);
  assertEquals(take(), ["ask one"]);
  for (let now = 2_000; now < 5_000; now += 100) peers.tick(now);
  assertEquals(take(), []);
  peers.tick(5_100);
  assertEquals(take(), ["ask one"]);
  one.announcer.ask();
  const [, ...parts] = one.tick(5_200).filter((body) => body.includes('"part"'));
  assert(parts.length > 0);
  for (const body of parts) hear(body, 5_200);
  for (let now = 5_200; now <= 8_300; now += 100) peers.tick(now);
  assertEquals(take(), ["ask one"]);
  one.announcer.ask();
  for (const body of one.tick(8_400)) hear(body, 8_400);
  assertEquals([take().length, peers.countIn("lobby")], [3_000, 3_000]);
});

Deno.test("Announcer: several changes of a user within a moment are one, and nothing is told of one who came and went", () => {
  const one = speak("one");
  one.tick(0);
  for (let i = 0; i < 10; i++) one.set("ada", `room${i}`);
  one.set("bob", "lobby");
  one.remove("bob");
  const [body = "", ...others] = one.tick(300);
  assertEquals(others, []);
  const signal = parseSignal(body);
  if (signal?.kind !== "changes") throw new TypeError("No changes");
  assertEquals(signal.users.map(({ id, state }) => [id, [...state?.rooms ?? []]]), [
    ["ada", ["room9"]],
  ]);
  one.set("ada", "lobby");
  assertEquals(one.tick(400), []);
  assertEquals(one.tick(600).length, 1);
});

Deno.test("Announcer: signals of many users are bounded, and a snapshot comes once a second at most", () => {
  const one = speak("one");
  one.tick(0);
  for (let i = 0; i < 5_000; i++) one.set(`user${i}`.padEnd(16, "x"), "lobby");
  const changes = one.tick(300);
  assert(changes.every((body) => body.length <= MAX_SIGNAL_LENGTH));
  assert(changes.length < 10, `${changes.length} signals`);
  one.announcer.ask();
  const parts = one.tick(400);
  assert(parts.every((body) => body.length <= MAX_SIGNAL_LENGTH) && parts.length < 10);
  one.announcer.ask();
  for (let now = 500; now < 1_400; now += 100) assertEquals(one.tick(now), []);
  assertEquals(one.tick(1_400).length, parts.length);
  const { peers, hear } = listen();
  for (const body of parts) hear(body, 0);
  assertEquals(peers.countIn("lobby"), 0);
  hear(changes[1] ?? "", 0);
  for (const body of parts) hear(body, 0);
  assertEquals(peers.countIn("lobby"), 5_000);
});

Deno.test("encodeUser() fits into a signal, however many rooms a user is in", () => {
  const rooms = new Set(Array.from({ length: 5_000 }, (_, i) => `${i}`.padEnd(64, "r")));
  const user = encodeUser(
    { id: "a".repeat(64), state: { ...stateOf("n".repeat(256)), rooms } },
    "one",
  );
  assert(user.length < MAX_SIGNAL_LENGTH / 2);
});

Deno.test("parseSignal() takes nothing of another form", () => {
  const good = '{"parley":1,"from":"one","kind":"beat","change":1}';
  assertEquals(parseSignal(good), { from: "one", kind: "beat", change: 1 });
  const state = '["ada","Ada",1,"one",0,["lobby"]]';
  const bad = [
    ...["", "null", "1", "[]", "{}", '{"parley":1,', '{"parley":1,"from":"one"}'],
    good.replace("1", "2"),
    good.replace('"one"', "1"),
    good.replace('"one"', '""'),
    good.replace('"one"', `"${"o".repeat(65)}"`),
    ...["-1", "1.5", '"1"', "null", "1e300", "9007199254740991"].map((value) =>
      `${good.slice(0, -2)}${value}}`
    ),
    good.replace("beat", "boo"),
    ...[
      "1",
      "[1]",
      "[[]]",
      "[[1]]",
      '[["ada","Ada"]]',
      `[${state.replace("1,", "-1,")}]`,
      `[${state.replace('["lobby"]', '"lobby"')}]`,
      `[${state.replace('"lobby"', "1")}]`,
      `[${state.replace('"Ada"', "[]")}]`,
    ].map((users) =>
      `{"parley":1,"from":"one","kind":"changes","change":1,"users":${users},"left":[]}`
    ),
    '{"parley":1,"from":"one","kind":"changes","change":1,"users":[],"left":[["ada"]]}',
    '{"parley":1,"from":"one","kind":"part","change":1,"snapshot":1,"part":1,"parts":1,"users":[]}',
    '{"parley":1,"from":"one","kind":"part","change":1,"snapshot":1,"part":0,"parts":99999,"users":[]}',
    good.padEnd(MAX_SIGNAL_LENGTH + 1),
  ];
  for (const body of bad) assertEquals(parseSignal(body), undefined, body.slice(0, 100));
  const changes =
    `{"parley":1,"from":"one","kind":"changes","change":1,"users":[${state}],"left":[]}`;
  assertEquals(parseSignal(changes)?.kind, "changes");
});

Deno.test("Peers: everybody has the same picture after signals were lost, doubled and exchanged", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new SeededRandom(seed);
    const ids = ["one", "two", "three"];
    const nodes = ids.map((id) => ({ id, ...speak(id), ...listen() }));
    const asked = new Set<string>();
    let now = 0;
    let isCalm = false;
    const step = () => {
      now += 100;
      let bodies = nodes.flatMap(({ id, tick }) => tick(now).map((body) => ({ id, body })));
      for (const node of nodes) {
        node.peers.tick(now);
        let some = bodies.filter(({ id }) => id !== node.id);
        if (!isCalm) {
          some = some.filter(() => random.next() > 0.2);
          if (random.next() < 0.3) some = [...some, ...some];
          if (random.next() < 0.3) some.reverse();
        }
        for (const { body } of some) node.hear(body, now);
        for (const line of node.take()) if (line.startsWith("ask ")) asked.add(line.slice(4));
      }
      bodies = [];
      for (const id of asked) {
        if (isCalm || random.next() > 0.2) nodes.find((node) => node.id === id)?.announcer.ask();
      }
      asked.clear();
    };
    for (let i = 0; i < 300; i++) {
      const node = nodes[random.below(3)];
      const user = `user${random.below(20)}`;
      const rooms = ["a", "b", "c"].filter(() => random.next() < 0.5);
      if (random.next() < 0.3) node?.remove(user);
      else node?.set(user, ...rooms);
      step();
    }
    isCalm = true;
    for (let i = 0; i < 120; i++) step();
    for (const { id, peers } of nodes) {
      for (const room of ["a", "b", "c"]) {
        const expected = new Set(
          nodes.filter((node) => node.id !== id).flatMap(({ users }) =>
            [...users].filter(([, { rooms }]) => rooms.has(room)).map(([user]) => user)
          ),
        );
        assertEquals(new Set(peers.usersIn(room)), expected, `seed ${seed}, ${room} at ${id}`);
      }
    }
  }
});
