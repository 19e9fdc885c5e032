import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  type Backend,
  createStorage,
  loadByRoom,
  loadChoice,
  loadKey,
  loadName,
  loadOutbox,
  loadRooms,
  storedRefs,
} from "../../static/browser/storage.js";

/** A fake localStorage with limits on items and characters. */
function fakeBackend(quota = Infinity, characters = Infinity): Backend {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => {
      const others = [...items].filter(([other]) => other !== key);
      const size = others.reduce((sum, [, other]) => sum + other.length, value.length);
      if (others.length >= quota || size > characters) {
        throw new DOMException("Full", "QuotaExceededError");
      }
      items.set(key, value);
    },
    removeItem: (key) => void items.delete(key),
  };
}

const BACKENDS: Record<string, () => Backend> = {
  "localStorage": () => fakeBackend(),
  "a full localStorage": () => fakeBackend(0),
  "no localStorage": () => {
    throw new DOMException("Denied", "SecurityError");
  },
};

for (const [name, open] of Object.entries(BACKENDS)) {
  Deno.test(`createStorage() reads, lists and removes what was written, with ${name}`, () => {
    const storage = createStorage(open);
    storage.write("draft.a", "one");
    storage.write("draft.b", { two: 2 });
    assertEquals(storage.list("draft.").sort(), ["a", "b"]);
    assertEquals([storage.read("draft.a"), storage.read("draft.b")], ["one", { two: 2 }]);
    storage.write("draft.a", null);
    assertEquals([storage.read("draft.a"), storage.list("draft.")], [undefined, ["b"]]);
  });

  Deno.test(`loadKey() makes one long secret and keeps it, with ${name}`, () => {
    const storage = createStorage(open);
    const key = loadKey(storage);
    assert(/^[0-9a-f]{40}$/.test(key));
    assertEquals(loadKey(storage), key);
    assertNotEquals(loadKey(createStorage(open)), key);
  });
}

Deno.test("createStorage() ignores items of other programs, and broken ones", () => {
  const backend = fakeBackend();
  backend.setItem("other", "1");
  backend.setItem("parley.name", "{not json");
  const storage = createStorage(() => backend);
  assertEquals([storage.list(""), storage.read("name")], [["name"], undefined]);
});

Deno.test("loadKey() replaces a key that the server would refuse", () => {
  const storage = createStorage(fakeBackend);
  storage.write("key", "short");
  assertEquals(loadKey(storage).length, 40);
});

Deno.test("loadOutbox() gives the messages in the order in which they were sent", () => {
  const storage = createStorage(fakeBackend);
  storage.write("outbox.z", { room: "lobby", text: "first", queuedAt: 1 });
  storage.write("outbox.a", { room: "lobby", text: "second", queuedAt: 2 });
  storage.write("outbox.x", { room: 3 });
  storage.write("outbox.y", { room: "No room", text: "never", queuedAt: 3 });
  storage.write(`outbox.${"r".repeat(65)}`, { room: "lobby", text: "never", queuedAt: 4 });
  const outbox = loadOutbox(storage);
  assertEquals(outbox.map((item) => [item.ref, item.type === "send" && item.text]), [
    ["z", "first"],
    ["a", "second"],
  ]);
  assertEquals(outbox.map(({ status }) => status), ["queued", "queued"]);
});

Deno.test("loadOutbox() gives changes of messages, and none that is not whole", () => {
  const storage = createStorage(fakeBackend);
  const id = "01J00000000000000000000001";
  const stored: [string, unknown][] = [
    ["edit", { type: "edit", id, text: "new" }],
    ["delete", { type: "delete", id, holdUntil: 5000 }],
    ["react", { type: "react", id, emoji: "👍", on: false }],
    ["answer", { type: "send", text: "hi", reply: id, isRevised: true }],
    ["odd", { type: "send", text: "hi", reply: "x", isRevised: 1 }],
    ["no id", { type: "edit", text: "new" }],
    ["bad id", { type: "delete", id: "x" }],
    ["no text", { type: "edit", id }],
    ["no emoji", { type: "react", id, on: true }],
    ["unknown", { type: "pin", id }],
  ];
  stored.forEach(([ref, value], index) =>
    storage.write(`outbox.${ref}`, { ...Object(value), room: "lobby", queuedAt: index })
  );
  const outbox = loadOutbox(storage);
  const { room, queuedAt, status, error, retryAt, isTried } = outbox[0] ?? {};
  assertEquals([room, queuedAt, status, error, retryAt, isTried], [
    "lobby",
    0,
    "queued",
    "",
    0,
    true,
  ]);
  const contents = outbox.map((item) => {
    const { room: _a, queuedAt: _b, status: _c, error: _d, retryAt: _e, isTried: _f, ...rest } =
      item;
    return rest;
  });
  assertEquals(contents, [
    { type: "edit", ref: "edit", id, text: "new" },
    { type: "delete", ref: "delete", id, holdUntil: 5000 },
    { type: "react", ref: "react", id, emoji: "👍", on: false },
    { type: "send", ref: "answer", text: "hi", reply: id, isRevised: true },
    { type: "send", ref: "odd", text: "hi" },
  ]);
});

Deno.test("loadByRoom() gives the text of each room", () => {
  const storage = createStorage(fakeBackend);
  storage.write("draft.lobby", "half a");
  assertEquals(loadByRoom(storage, "draft"), new Map([["lobby", "half a"]]));
});

Deno.test("loadRooms() gives the rooms in the order in which they were added", () => {
  const storage = createStorage(fakeBackend);
  storage.write("room.garden", { addedAt: 2, muted: true });
  storage.write("room.lobby", { addedAt: 1 });
  storage.write("room.broken", 7);
  storage.write("room.No room", { addedAt: 3 });
  assertEquals(loadRooms(storage), [
    { name: "broken", addedAt: 0, muted: false },
    { name: "lobby", addedAt: 1, muted: false },
    { name: "garden", addedAt: 2, muted: true },
  ]);
});

Deno.test("loadChoice() returns the first choice for an invalid value", () => {
  const storage = createStorage(fakeBackend);
  assertEquals(loadChoice(storage, "theme", ["system", "dark"]), "system");
  storage.write("theme", "dark");
  assertEquals(loadChoice(storage, "theme", ["system", "dark"]), "dark");
  storage.write("theme", "neon");
  assertEquals(loadChoice(storage, "theme", ["system", "dark"]), "system");
});

Deno.test("createStorage() does not return an old value if the new one does not fit", () => {
  const backend = fakeBackend(Infinity, 40);
  const storage = createStorage(() => backend);
  storage.write("draft.lobby", "old");
  storage.write("other", "x".repeat(30));
  storage.write("draft.lobby", "much longer than before");
  assertEquals(storage.read("draft.lobby"), "much longer than before");
  assertEquals(createStorage(() => backend).read("draft.lobby"), undefined);
  // A shorter one is stored.
  storage.write("draft.lobby", "new");
  assertEquals(createStorage(() => backend).read("draft.lobby"), "new");
});

Deno.test("loadName() ignores a name that is too long for the server", () => {
  const storage = createStorage(fakeBackend);
  assertEquals(loadName(storage), "");
  storage.write("name", "Ada");
  assertEquals(loadName(storage), "Ada");
  storage.write("name", "x".repeat(20_000));
  assertEquals(loadName(storage), "");
});

Deno.test("storedRefs() is null after the storage was cleared, here or for another user", () => {
  const backend = fakeBackend();
  const storage = createStorage(() => backend);
  const key = loadKey(storage);
  storage.write("outbox.a", { room: "lobby", text: "hi", queuedAt: 1 });
  assertEquals(storedRefs(storage, key), ["a"]);
  storage.write("outbox.a", null);
  assertEquals(storedRefs(storage, key), []);
  for (const name of ["key", "outbox.a"]) backend.removeItem(`parley.${name}`);
  assertEquals(storedRefs(storage, key), null);
  loadKey(createStorage(() => backend));
  assertEquals(storedRefs(storage, key), null);
});
