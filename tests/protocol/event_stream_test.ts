import { assertEquals } from "@std/assert";
import { encodeBody } from "../../chat/protocol/body.ts";
import { messageEventPrefix } from "../../chat/protocol/encode.ts";
import {
  encodeStreamBye,
  encodeStreamGap,
  encodeStreamMessages,
} from "../../chat/protocol/event_stream.ts";

const ID = "01J00000000000000000000001";
const CHANGED = "01J00000000000000000000002";
const user = { id: "aaaaaaaaaaaaaaaa", name: "Ada" };

Deno.test("encodeStreamMessages() makes of any text one line of data, with the position as id", () => {
  const text = "a\r\n\nid: x\u2028event: gap\u{1F44D}";
  const body = encodeBody({ user, text });
  const events = encodeStreamMessages(messageEventPrefix("lobby"), [
    { id: ID, position: ID, body },
    { id: ID, position: CHANGED, body: encodeBody({ user, text: "", deleted: true }) },
  ]);
  const [first = "", second = "", ...rest] = events.split("\n\n");
  assertEquals(rest, [""]);
  const [id, data = "", ...others] = first.split("\n");
  assertEquals([id, ...others], [`id: ${ID}`]);
  assertEquals(JSON.parse(data.slice("data: ".length)), {
    ...{ type: "message", room: "lobby", id: ID, time: 1_717_986_918_400, user, text },
  });
  assertEquals(second.split("\n")[0], `id: ${CHANGED}`);
  const changed = JSON.parse(second.split("\n")[1]?.slice("data: ".length) ?? "");
  assertEquals([changed.id, changed.changed, changed.deleted], [ID, CHANGED, true]);
});

Deno.test("encodeStreamGap() and encodeStreamBye() are events of these names, without an id", () => {
  assertEquals(
    encodeStreamGap({ after: ID, before: CHANGED }),
    `event: gap\ndata: {"after":"${ID}","before":"${CHANGED}"}\n\n`,
  );
  assertEquals(encodeStreamBye(4210), 'retry: 4210\nevent: bye\ndata: {"retryMs":4210}\n\n');
});
