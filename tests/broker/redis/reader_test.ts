import { assertEquals } from "@std/assert";
import { Reader } from "../../../chat/broker/redis/reader.ts";

Deno.test("Reader.page() asks Redis for few pages at a time, and for messages at once", async () => {
  let reading = 0;
  let most = 0;
  const reader = new Reader({
    prefix: "{test}",
    deadlineMs: 1_000,
    async call([command]) {
      if (command === "HGET") return `=${reading}`;
      most = Math.max(most, ++reading);
      await new Promise((resolve) => setTimeout(resolve));
      reading--;
      return ["", "", "", "AAAA", 1, [], [[0, []], [0, []]]];
    },
    feed: { epoch: "AAAA", heard: () => Promise.resolve() },
    join: () => Promise.reject(new Error("There is nothing to join")),
  });
  const pages = Array.from({ length: 50 }, () => reader.page("lobby", {}, 10));
  const rooms = Array.from({ length: 50 }, () => reader.open("lobby", 10));
  assertEquals((await reader.get("lobby", "id"))?.body, "4");
  await Promise.all([...pages, ...rooms]);
  assertEquals([reading, most], [0, 4]);
});
