import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  type Backend,
  createStorage,
  loadByRoom,
  loadChoice,
  loadKey,
  loadOutbox,
  loadRooms,
} from "../static/storage.js";

/** localStorage as far as the page needs it, with room for so many items. */
function fakeBackend(quota = Infinity): Backend {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => {
      if (items.size >= quota) throw new DOMException("Full", "QuotaExceededError");
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

Deno.test("createStorage() leaves the items of others alone, and survives broken ones", () => {
  const backend = fakeBackend();
  backend.setItem("other", "1");
  backend.setItem("parley.name", "{not json");
  const storage = createStorage(() => backend);
  assertEquals([storage.list(""), storage.read("name")], [["name"], undefined]);
});

Deno.test("loadKey() replaces a key that the server would not take", () => {
  const storage = createStorage(fakeBackend);
  storage.write("key", "short");
  assertEquals(loadKey(storage).length, 40);
});

Deno.test("loadOutbox() gives the messages in the order in which they were sent", () => {
  const storage = createStorage(fakeBackend);
  storage.write("outbox.z", { room: "lobby", text: "first", queuedAt: 1 });
  storage.write("outbox.a", { room: "lobby", text: "second", queuedAt: 2 });
  storage.write("outbox.x", { room: 3 });
  const outbox = loadOutbox(storage);
  assertEquals(outbox.map(({ ref, text }) => [ref, text]), [["z", "first"], ["a", "second"]]);
  assertEquals(outbox.map(({ status }) => status), ["queued", "queued"]);
});

Deno.test("loadByRoom() gives the text of each room", () => {
  const storage = createStorage(fakeBackend);
  storage.write("draft.lobby", "half a");
  assertEquals(loadByRoom(storage, "draft"), { lobby: "half a" });
});

Deno.test("loadRooms() gives the rooms in the order in which they were added", () => {
  const storage = createStorage(fakeBackend);
  storage.write("room.garden", { addedAt: 2, muted: true });
  storage.write("room.lobby", { addedAt: 1 });
  storage.write("room.broken", 7);
  assertEquals(loadRooms(storage), [
    { name: "broken", addedAt: 0, muted: false },
    { name: "lobby", addedAt: 1, muted: false },
    { name: "garden", addedAt: 2, muted: true },
  ]);
});

Deno.test("loadChoice() gives the first choice for what is none", () => {
  const storage = createStorage(fakeBackend);
  assertEquals(loadChoice(storage, "theme", ["system", "dark"]), "system");
  storage.write("theme", "dark");
  assertEquals(loadChoice(storage, "theme", ["system", "dark"]), "dark");
  storage.write("theme", "neon");
  assertEquals(loadChoice(storage, "theme", ["system", "dark"]), "system");
});
