import { assertEquals } from "@std/assert";
import type { JoinedEvent } from "../../chat/protocol/types.ts";
import { message, messageId, online, type Page } from "./page_driver.ts";

const RESTARTED = "The chat was restarted; messages from that moment may be missing";

/** The answer of a restarted server for an empty room. */
const FORGOTTEN: Partial<JoinedEvent> = { complete: false, head: messageId(50) };

/** A page that was in two rooms and reconnects after a time. */
function returned(ms = 500): Page {
  const rooms = [{ name: "garden", addedAt: 1, muted: false }];
  const page = online({ messages: [message(1)] }, { rooms });
  page.joined({ room: "garden", messages: [message(2)] });
  page.closes().waits(ms);
  return page.does({ type: "retry_wanted" }).welcomed();
}

Deno.test("reduce() tells of a restart, once", () => {
  const page = returned().joined(FORGOTTEN);
  assertEquals(page.state.notice?.text, "Back online: some messages may be missing");
  page.joined({ ...FORGOTTEN, room: "garden" });
  assertEquals(page.state.notice?.text, RESTARTED);
  assertEquals(page.log, ["text 1", "…"]);
  page.waits(8000).does({ type: "room_opened", room: "garden" });
  page.does({ type: "room_opened", room: "field" }).joined({ room: "field" });
  assertEquals(page.state.notice, null);
  page.closes().waits(500).welcomed().joined().joined({ room: "garden" }).joined({ room: "field" });
  assertEquals(page.state.notice?.text, "Back online: you missed nothing");
});

Deno.test("reduce() tells of an announced restart, also after new messages", () => {
  const page = online({ messages: [message(1)] }).hears({ type: "bye", retryMs: 4000 }).closes(
    1001,
  );
  page.waits(4000).welcomed().joined({ complete: false, messages: [message(60), message(61)] });
  assertEquals(page.state.notice?.text, RESTARTED);
});

Deno.test("reduce() tells of a restart after failed connections", () => {
  const page = online({ messages: [message(1)] }).closes();
  for (let attempt = 0; attempt < 3; attempt++) page.does({ type: "retry_wanted" }).closes();
  page.does({ type: "retry_wanted" }).welcomed().joined(FORGOTTEN);
  assertEquals(page.state.notice?.text, RESTARTED);
});

Deno.test("reduce() tells of a restart if another room refuses the user", () => {
  const page = returned().joined(FORGOTTEN);
  page.refusesLast("join", "room_full");
  assertEquals(page.state.notice?.text, RESTARTED);
});

Deno.test("reduce() tells of no restart if the answers have another explanation", () => {
  const ends: [why: string, page: Page][] = [
    ["another room was remembered", returned().joined(FORGOTTEN).joined({ room: "garden" })],
    [
      "another room was remembered first",
      returned().joined().joined({ room: "garden", ...FORGOTTEN }),
    ],
    ["the room was dropped meanwhile", single(3_600_000, FORGOTTEN)],
    ["too much was said", single(500, { complete: false, more: true, messages: [message(70)] })],
    ["much was said, and little is kept", single(500, { complete: false, messages: [message(9)] })],
    ["old messages are there", single(500, { complete: false, messages: [message(0)] })],
  ];
  for (const [why, page] of ends) {
    assertEquals(page.state.notice?.text === RESTARTED, false, why);
  }
});

function single(ms: number, fields: Partial<JoinedEvent>): Page {
  const page = online({ messages: [message(1)] }).closes();
  page.now += ms;
  return page.does({ type: "retry_wanted" }).welcomed().joined(fields);
}
