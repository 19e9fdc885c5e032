import { assertEquals } from "@std/assert";
import { matchPath } from "../../chat/http/api/paths.ts";

Deno.test("matchPath() gives the parameters as they stand, of paths with as many parts", async (t) => {
  const pattern = "/api/rooms/{room}/messages/{id}";
  const cases: readonly (readonly [string, Record<string, string> | undefined])[] = [
    ["/api/rooms/ops/messages/1", { room: "ops", id: "1" }],
    ["/api/rooms/%2F/messages/", { room: "%2F", id: "" }],
    ["/api/rooms/ops/messages", undefined],
    ["/api/rooms/ops/messages/1/", undefined],
    ["/api/rooms/ops/message/1", undefined],
    ["/api/ROOMS/ops/messages/1", undefined],
    [`/api/rooms${"/".repeat(8000)}`, undefined],
    ["", undefined],
  ];
  for (const [path, expected] of cases) {
    await t.step(path.slice(0, 40), () => assertEquals(matchPath(pattern, path), expected));
  }
});
