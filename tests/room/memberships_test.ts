import { assertEquals } from "@std/assert";
import { type Client, Memberships, type Session } from "../../chat/room/memberships.ts";
import type { Room } from "../../chat/room/room.ts";
import { Rooms } from "../../chat/room/rooms.ts";
import { skeletonsOf } from "../../chat/text/skeletons.ts";
import { unlimitedAddress } from "../support/fake_hub.ts";
import { messageOf } from "../support/messages.ts";

const NOW = 1_900_000_000_000;
const GRACE_MS = 5000;

/** Memberships, and the rooms that they marked. */
class Place {
  readonly marked: string[] = [];
  readonly rooms = new Rooms({
    historySize: 10,
    joinHistory: 10,
    leaveGraceMs: GRACE_MS,
    maxRooms: 10,
    historyBytes: Infinity,
  });
  readonly memberships = new Memberships(this.rooms, ({ name }) => this.marked.push(name));

  room(name: string): Room {
    const room = this.rooms.use(name);
    if (room === undefined) throw new RangeError(`No place for ${name}`);
    return room;
  }

  /** A new connection of a user. */
  connect(id: string, name: string): { readonly client: Client; readonly session: Session } {
    const client: Client = {
      address: unlimitedAddress(),
      cursors: new Map(),
      session: undefined,
      isAdmin: false,
      isNamed: false,
      rooms: undefined,
      expiresAt: Infinity,
      proxyUser: undefined,
      closed: false,
      sentUnits: 0,
      canTake: () => true,
      deliver: () => true,
      reply: () => {},
    };
    return { client, session: this.memberships.connect(client, id, name) };
  }

  /** A new connection of a user, in rooms. */
  member(id: string, name: string, ...rooms: string[]): ReturnType<Place["connect"]> {
    const parts = this.connect(id, name);
    for (const room of rooms) this.join(parts.client, room);
    return parts;
  }

  join(client: Client, room: string): void {
    const { session } = client;
    if (session === undefined) throw new TypeError("Not connected");
    this.memberships.join(client, session, this.room(room), this.room(room).log.head);
  }

  leave(client: Client, room: string): void {
    const cursor = client.cursors.get(room);
    if (cursor !== undefined) this.memberships.leave(client, cursor);
  }
}

Deno.test("Memberships.connect() creates the session of a user with the first connection", () => {
  const place = new Place();
  const { client, session } = place.connect("ada", "Ada");
  assertEquals(session.user, { id: "ada", name: "Ada" });
  assertEquals(session.skeletons, skeletonsOf("Ada"));
  assertEquals([[...session.connections], session.rooms.size], [[client], 0]);
  assertEquals([client.session === session, place.memberships.userCount], [true, 1]);
});

Deno.test("Memberships.connect() gives all connections of a user one session under the latest name", () => {
  const place = new Place();
  const [first, second] = [place.connect("ada", "Ada"), place.connect("ada", "Grace")];
  const { session } = first;
  assertEquals([session === second.session, session.user.name], [true, "Grace"]);
  assertEquals([...session.connections], [first.client, second.client]);
  assertEquals(session.skeletons, skeletonsOf("Grace"));
});

Deno.test("Memberships.connect() keeps the name when the new one is taken where the user is", () => {
  const place = new Place();
  place.member("bob", "Bob", "lobby");
  place.member("ada", "Ada", "lobby");
  const { session } = place.connect("ada", "bob");
  assertEquals([session.user.name, session.connections.size], ["Ada", 2]);
});

Deno.test("Memberships.connect() takes a name that is taken only where the user is not", () => {
  const place = new Place();
  place.member("bob", "Bob", "kitchen");
  place.member("ada", "Ada", "lobby");
  assertEquals(place.connect("ada", "Bob").session.user.name, "Bob");
});

Deno.test("Memberships.rename() renames in every room, and marks it", () => {
  const place = new Place();
  const { session } = place.member("ada", "Ada", "lobby", "kitchen");
  place.marked.length = 0;
  assertEquals(place.memberships.rename(session, "Grace"), true);
  assertEquals(session.user, { id: "ada", name: "Grace" });
  for (const { presence } of ["lobby", "kitchen"].map((name) => place.room(name))) {
    assertEquals(JSON.parse(presence.encodedMembers), [session.user]);
    assertEquals(presence.isTaken(skeletonsOf("Grace"), "bob"), true);
    assertEquals(presence.isTaken(skeletonsOf("Ada"), "bob"), false);
  }
  assertEquals(place.marked, ["lobby", "kitchen"]);
});

Deno.test("Memberships.rename() changes nothing when the name is taken in one of the rooms", () => {
  const place = new Place();
  const { session } = place.member("ada", "Ada", "lobby", "kitchen");
  place.member("bob", "Bob", "kitchen");
  const positions = () => ["lobby", "kitchen"].map((name) => place.room(name).presence.position);
  const before = positions();
  // With a Cyrillic o.
  for (const name of ["Bob", "BOB", "Bоb"]) {
    assertEquals(place.memberships.rename(session, name), false, name);
  }
  assertEquals([session.user.name, positions()], ["Ada", before]);
});

Deno.test("Memberships.rename() lets users change how their own name is written", () => {
  const place = new Place();
  const { session } = place.member("ada", "Ada", "lobby");
  assertEquals([place.memberships.rename(session, "ADA"), session.user.name], [true, "ADA"]);
});

Deno.test("Memberships.rename() to the same name is no change of presence", () => {
  const place = new Place();
  const { session } = place.member("ada", "Ada", "lobby");
  const { presence } = place.room("lobby");
  const { position } = presence;
  place.marked.length = 0;
  assertEquals(place.memberships.rename(session, "Ada"), true);
  assertEquals([presence.position, place.marked], [position, []]);
});

Deno.test("Memberships.rename() leaves the user of earlier times as it was", () => {
  const place = new Place();
  const { session } = place.connect("ada", "Ada");
  const { user } = session;
  place.memberships.rename(session, "Grace");
  assertEquals(user.name, "Ada");
});

Deno.test("Memberships.join() adds a connection's cursor and its user's presence, and marks the room", () => {
  const place = new Place();
  const { client, session } = place.member("ada", "Ada", "lobby");
  const lobby = place.room("lobby");
  const cursor = client.cursors.get("lobby");
  assertEquals([cursor?.room === lobby, cursor?.userId], [true, "ada"]);
  assertEquals([[...session.rooms], lobby.presence.has("ada")], [[lobby], true]);
  assertEquals(place.marked, ["lobby"]);
});

Deno.test("Memberships.join() of a joined room moves the cursor, and counts the user once", () => {
  const place = new Place();
  const { client } = place.member("ada", "Ada", "lobby");
  const before = client.cursors.get("lobby");
  place.join(client, "lobby");
  assertEquals(client.cursors.get("lobby") === before, false);
  place.leave(client, "lobby");
  assertEquals([client.cursors.size, place.rooms.get("lobby")], [0, undefined]);
});

Deno.test("Memberships.leave() takes the user out of a room with the last connection there", () => {
  const place = new Place();
  const [first, second] = [
    place.member("ada", "Ada", "lobby"),
    place.member("ada", "Ada", "lobby"),
  ];
  const { presence } = place.room("lobby");
  place.leave(first.client, "lobby");
  assertEquals([presence.has("ada"), first.session.rooms.size], [true, 1]);
  place.leave(second.client, "lobby");
  assertEquals([presence.has("ada"), first.session.rooms.size], [false, 0]);
});

for (const command of ["join", "leave"] as const) {
  Deno.test(`Memberships.${command}() leaves no trace of a connection that can't be sent what it misses`, () => {
    const place = new Place();
    const { client } = place.member("ada", "Ada", "lobby");
    const other = place.member("ada", "Ada", "lobby");
    const lobby = place.room("lobby");
    lobby.append(messageOf({ id: "1", user: { id: "bob", name: "Bob" }, text: "Hello" }));
    client.deliver = () => {
      place.memberships.disconnect(client, NOW);
      return false;
    };
    place[command](client, "lobby");
    // Neither the cursor of the lost connection nor the presence of the other one.
    assertEquals([client.cursors.size, lobby.countWaiting()], [0, 1]);
    assertEquals([[...other.session.rooms], lobby.presence.has("ada")], [[lobby], true]);
    place.leave(other.client, "lobby");
    assertEquals([lobby.presence.count, lobby.countWaiting()], [0, 0]);
  });
}

Deno.test("Memberships.disconnect() keeps no cursor, though the connection's socket may stay", () => {
  const place = new Place();
  const { client } = place.member("ada", "Ada", "lobby");
  place.memberships.disconnect(client, NOW);
  assertEquals(client.cursors.size, 0);
});

Deno.test("Memberships.disconnect() forgets a user with the last connection", () => {
  const place = new Place();
  const clients = [place.connect("ada", "Ada"), place.connect("ada", "Ada")];
  const counts = clients.map(({ client }) => {
    place.memberships.disconnect(client, NOW);
    return place.memberships.userCount;
  });
  assertEquals(counts, [1, 0]);
});

Deno.test("Memberships.disconnect() does nothing for a connection without a user", () => {
  const place = new Place();
  const { client } = place.connect("ada", "Ada");
  place.memberships.disconnect({ ...client, session: undefined }, NOW);
  assertEquals(place.memberships.userCount, 1);
});

Deno.test("Memberships.expire() takes a user out whose grace period is over, and marks the room", () => {
  const place = new Place();
  const { client } = place.member("ada", "Ada", "lobby");
  place.member("bob", "Bob", "lobby");
  place.memberships.disconnect(client, NOW);
  place.marked.length = 0;
  const { presence } = place.room("lobby");
  const left = [GRACE_MS - 1, GRACE_MS].map((ms) => {
    place.memberships.expire(NOW + ms);
    return [presence.has("ada"), place.memberships.userCount, place.marked.length];
  });
  assertEquals(left, [[true, 2, 0], [false, 1, 1]]);
});

Deno.test("Memberships.connect() within the grace period continues the user's session", () => {
  const place = new Place();
  const { client, session } = place.member("ada", "Ada", "lobby");
  place.memberships.disconnect(client, NOW);
  assertEquals(place.connect("ada", "Ada").session === session, true);
});

Deno.test("Memberships.leave() keeps a user with a connection, or who is a member elsewhere", () => {
  const place = new Place();
  const ada = place.member("ada", "Ada", "lobby");
  const bob = place.member("bob", "Bob", "lobby", "kitchen");
  place.leave(ada.client, "lobby");
  place.memberships.disconnect(bob.client, NOW);
  const rooms = [ada, bob].map(({ session }) => [...session.rooms].map(({ name }) => name));
  assertEquals([place.memberships.userCount, rooms], [2, [[], ["lobby", "kitchen"]]]);
});
