import { assertEquals, assertLess } from "@std/assert";
import { peopleToMention, roomsToLink } from "../../static/model/suggestions.js";
import { BOB, message, Page, YOU } from "./page_driver.ts";

const CEM = { id: "cemcemcemcemcemc", name: "Cem" };
const DORA = { id: "doradoradoradora", name: "Dora" };

Deno.test("peopleToMention() gives the last speakers first, then the others by name", () => {
  const messages = [
    message(1, "one", CEM),
    message(2, "two", BOB),
    message(3, "three", CEM),
    message(4, "of one who left", DORA),
    message(5, "mine", YOU),
  ];
  const ann = { id: "annannannannanna", name: "Ann" };
  const members = [ann, YOU, { ...BOB, name: "Bobby" }, CEM];
  const page = new Page().welcomed().joined({ messages, members, count: 4 });
  const names = () => peopleToMention(page.state).map(({ name }) => name);
  assertEquals(names(), ["Cem", "Bobby", "Ann"]);
  // The server names not all members of a large room.
  page.hears({ type: "presence", room: "lobby", count: 600 });
  assertEquals(names(), ["Dora", "Cem", "Bobby", "Ann"]);
});

Deno.test("roomsToLink() gives the user's rooms, then those that the conversation names", () => {
  const page = new Page({
    rooms: ["lobby", "garden", "123"].map((name, addedAt) => ({ name, addedAt, muted: false })),
  });
  const messages = [message(1, "see #Kitchen, #42 and #garden"), message(2, "a#b #shed")];
  page.welcomed().joined({ messages, members: [YOU, BOB], count: 2 });
  assertEquals(roomsToLink(page.state), ["lobby", "garden", "kitchen", "shed"]);
});

Deno.test("roomsToLink() looks at a bounded number of signs", () => {
  const hostile = Array.from({ length: 199 }, (_, i) => message(i + 1, "#1 ".repeat(1333)));
  const page = new Page().welcomed().joined({ messages: [...hostile, message(200, "#late")] });
  const start = performance.now();
  for (let i = 0; i < 20; i++) assertEquals(roomsToLink(page.state), ["lobby"]);
  assertLess(performance.now() - start, 500);
});
