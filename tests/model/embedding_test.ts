import { assertEquals } from "@std/assert";
import { isOfWholePage, parseEmbedding } from "../../static/model/embedding.js";
import { roomOfLink } from "../../static/model/names.js";

Deno.test("parseEmbedding() takes name and theme of the compact page", () => {
  const none = { name: "", theme: "system" } as const;
  const table: [query: string, embedding: ReturnType<typeof parseEmbedding>][] = [
    ["", undefined],
    ["?name=Ada&theme=dark", undefined],
    ["?embedded", undefined],
    ["?embed", none],
    ["?embed=1", none],
    ["?embed=&name=%20Ada%20%20L+", { name: "Ada L", theme: "system" }],
    ["?theme=dark&embed", { name: "", theme: "dark" }],
    ["?embed&theme=light&theme=dark", { name: "", theme: "light" }],
    ["?embed&theme=system", { name: "", theme: "system" }],
    ["?embed&theme=pink", none],
    [`?embed&name=${"x".repeat(33)}`, none],
    [`?embed&name=${"x".repeat(8000)}`, none],
  ];
  for (const [query, embedding] of table) assertEquals(parseEmbedding(query), embedding, query);
});

Deno.test("isOfWholePage() is true for what one room and a given theme must not change", () => {
  const table: [key: string, isOfWhole: boolean][] = [
    ["current", true],
    ["theme", true],
    ["room.lobby", true],
    ["key", false],
    ["name", false],
    ["draft.room.x", false],
    ["outbox.1", false],
    ["current.x", false],
  ];
  for (const [key, isOfWhole] of table) assertEquals(isOfWholePage(key), isOfWhole, key);
});

Deno.test("roomOfLink() finds rooms below the base path alone", () => {
  const table: [href: string, room: string | undefined][] = [
    ["https://a.example/chat/r/tea", "tea"],
    ["https://a.example/chat/r/tea/", "tea"],
    ["https://a.example/r/tea", undefined],
    ["https://a.example/chatty/r/tea", undefined],
    ["https://a.example/chat/chat/r/tea", undefined],
    ["https://a.example/chat/r/tea?embed", undefined],
  ];
  for (const [href, room] of table) {
    assertEquals(roomOfLink(href, "https://a.example/chat")?.room, room, href);
  }
});
