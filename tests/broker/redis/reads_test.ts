import { assertEquals } from "@std/assert";
import { openRoom, type Query, type RoomRead } from "../../../chat/broker/redis/reads.ts";

const idOf = (n: number): string => `01J${String(n).padStart(23, "0")}`;

Deno.test("openRoom() does not say of what is lost between two steps that it is known to be", async () => {
  const cuts = ["", idOf(1000)];
  const read = (
    _room: string,
    _wantsDocuments: boolean,
    [query]: readonly Query[],
  ): Promise<RoomRead> => {
    const [, , bound = "~", limit = 0] = query ?? [];
    const newest = bound === "~" ? 900 : Number(bound.slice(3)) - 1;
    const messages = Array.from({ length: limit }, (_, i) => {
      const id = idOf(newest - i);
      return { id, position: id, body: "{}" };
    });
    const cut = cuts.shift() ?? "";
    const rest = { epoch: "AAAA", number: 1, documents: [] };
    const lists = [{ messages, isCut: false }];
    return Promise.resolve({ floor: "", cut, head: idOf(900), ...rest, lists });
  };
  const { messages, head, lostUntil } = await openRoom(read, "lobby", 250);
  // The room is told of the loss, and read again, since its head is older.
  assertEquals([messages.length, head, lostUntil], [250, idOf(900), ""]);
});
