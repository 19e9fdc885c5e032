import { assertEquals } from "@std/assert";
import { skeletonsOf } from "../../chat/text/skeletons.ts";
import { Room } from "../../chat/room/room.ts";
import { type Session, Users } from "../../chat/room/users.ts";

function roomOf(name: string): Room {
  return new Room(name, "0", { historySize: 10, joinHistory: 10, leaveGraceMs: 5000 });
}

/** Joins a user to rooms, as one connection of theirs. */
function join(session: Session, ...rooms: Room[]): void {
  for (const room of rooms) {
    room.presence.enter(session.user, session.skeletons);
    session.rooms.add(room);
  }
}

Deno.test("Users.enter() makes a user of the first connection", () => {
  const users = new Users();
  const { user, skeletons, connections, rooms } = users.enter("ada", "Ada");
  assertEquals(user, { id: "ada", name: "Ada" });
  assertEquals(skeletons, skeletonsOf("Ada"));
  assertEquals([connections, rooms.size, users.size], [1, 0, 1]);
});

Deno.test("Users.enter() gives all connections of a user one session under the latest name", () => {
  const users = new Users();
  const [first, second] = ["Ada", "Grace"].map((name) => users.enter("ada", name));
  assertEquals([first === second, first?.user.name, first?.connections], [true, "Grace", 2]);
  assertEquals(first?.skeletons, skeletonsOf("Grace"));
});

Deno.test("Users.enter() keeps the name when the new one is taken where the user is", () => {
  const users = new Users();
  const lobby = roomOf("lobby");
  join(users.enter("bob", "Bob"), lobby);
  join(users.enter("ada", "Ada"), lobby);
  const again = users.enter("ada", "bob");
  assertEquals([again.user.name, again.connections], ["Ada", 2]);
});

Deno.test("Users.enter() takes a name that is taken only where the user is not", () => {
  const users = new Users();
  join(users.enter("bob", "Bob"), roomOf("kitchen"));
  join(users.enter("ada", "Ada"), roomOf("lobby"));
  assertEquals(users.enter("ada", "Bob").user.name, "Bob");
});

Deno.test("Users.rename() renames in every room", () => {
  const users = new Users();
  const rooms = ["lobby", "kitchen"].map(roomOf);
  const ada = users.enter("ada", "Ada");
  join(ada, ...rooms);
  assertEquals(users.rename(ada, "Grace"), true);
  assertEquals(ada.user, { id: "ada", name: "Grace" });
  for (const { presence } of rooms) {
    assertEquals(JSON.parse(presence.encodedMembers), [ada.user]);
    assertEquals(presence.isTaken(skeletonsOf("Grace"), "bob"), true);
    assertEquals(presence.isTaken(skeletonsOf("Ada"), "bob"), false);
  }
});

Deno.test("Users.rename() changes nothing when the name is taken in one of the rooms", () => {
  const users = new Users();
  const [lobby, kitchen] = [roomOf("lobby"), roomOf("kitchen")];
  const ada = users.enter("ada", "Ada");
  join(ada, lobby, kitchen);
  join(users.enter("bob", "Bob"), kitchen);
  const positions = [lobby, kitchen].map(({ presence }) => presence.position);
  // With a Cyrillic o.
  for (const name of ["Bob", "BOB", "Bоb"]) assertEquals(users.rename(ada, name), false, name);
  assertEquals(ada.user.name, "Ada");
  assertEquals([lobby, kitchen].map(({ presence }) => presence.position), positions);
});

Deno.test("Users.rename() lets users change how their own name is written", () => {
  const users = new Users();
  const ada = users.enter("ada", "Ada");
  join(ada, roomOf("lobby"));
  assertEquals([users.rename(ada, "ADA"), ada.user.name], [true, "ADA"]);
});

Deno.test("Users.rename() tells nobody of the same name again", () => {
  const users = new Users();
  const lobby = roomOf("lobby");
  const ada = users.enter("ada", "Ada");
  join(ada, lobby);
  const { position } = lobby.presence;
  assertEquals([users.rename(ada, "Ada"), lobby.presence.position], [true, position]);
});

Deno.test("Users.rename() leaves the user of earlier times as it was", () => {
  const users = new Users();
  const ada = users.enter("ada", "Ada");
  const { user } = ada;
  users.rename(ada, "Grace");
  assertEquals(user.name, "Ada");
});

Deno.test("Users.leave() forgets a user with the last connection", () => {
  const users = new Users();
  const ada = users.enter("ada", "Ada");
  users.enter("ada", "Ada");
  users.leave(ada);
  assertEquals(users.size, 1);
  users.leave(ada);
  assertEquals(users.size, 0);
});

Deno.test("Users.leave() keeps who is a member until the room lets go", () => {
  const users = new Users();
  const lobby = roomOf("lobby");
  const ada = users.enter("ada", "Ada");
  join(ada, lobby);
  users.leave(ada);
  assertEquals(users.size, 1);
  users.leaveRoom("ada", lobby);
  assertEquals(users.size, 0);
});

Deno.test("Users.enter() finds who comes back within the grace period", () => {
  const users = new Users();
  const ada = users.enter("ada", "Ada");
  join(ada, roomOf("lobby"));
  users.leave(ada);
  assertEquals(users.enter("ada", "Ada") === ada, true);
});

Deno.test("Users.leaveRoom() keeps who has a connection, or is a member elsewhere", () => {
  const users = new Users();
  const [lobby, kitchen] = [roomOf("lobby"), roomOf("kitchen")];
  const ada = users.enter("ada", "Ada");
  const bob = users.enter("bob", "Bob");
  join(ada, lobby);
  join(bob, lobby, kitchen);
  users.leave(bob);
  for (const id of ["ada", "bob", "eve"]) users.leaveRoom(id, lobby);
  assertEquals([users.size, [...ada.rooms], [...bob.rooms]], [2, [], [kitchen]]);
});
