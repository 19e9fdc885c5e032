import { assertEquals } from "@std/assert";
import { message, online } from "./page_driver.ts";

const MINUTE = 60_000;
const isKicked = (room: string, until: number) => ({ type: "kicked", room, until }) as const;

Deno.test("reduce() takes a kicked user out, asks for the time left, and joins again", () => {
  const page = online({ messages: [message(1)] }).drafts("half");
  page.hears(isKicked("lobby", page.now + 5 * MINUTE));
  assertEquals(page.room.joinError?.code, "kicked");
  assertEquals(page.state.notice, null);
  const [join] = page.sent("join");
  const error = { type: "error", code: "kicked", message: "" } as const;
  page.hears({ ...error, ref: join?.ref ?? "", retryMs: 4 * MINUTE });
  assertEquals(page.room.status, "out");
  assertEquals(page.room.joinError?.until, page.now + 4 * MINUTE);
  assertEquals([page.log, page.room.draft], [["text 1"], "half"]);
  page.sent();
  page.waits(4 * MINUTE + 1);
  page.joined();
  assertEquals([page.room.status, page.room.joinError], ["joined", null]);
  assertEquals(page.state.notice?.text, "You were sent out of #lobby, and may be in it again");
});

Deno.test("reduce() does not complain of a page of messages that a kicked user is not given", () => {
  const page = online({ messages: [message(1)], more: true }).does({ type: "older_wanted" });
  page.hears(isKicked("lobby", page.now + MINUTE)).refusesLast("history", "not_joined");
  assertEquals([page.state.notice, page.room.loading], [null, false]);
});

Deno.test("reduce() tells of a kick in a room that is not on show", () => {
  const page = online().does({ type: "room_opened", room: "den" });
  page.hears(isKicked("lobby", page.now + MINUTE));
  assertEquals(page.state.notice?.text, "You were sent out of #lobby.");
});

Deno.test("reduce() keeps what a kicked user has sent, and sends it when the kick is over", () => {
  const page = online().submits("a");
  page.sent();
  page.hears(isKicked("lobby", page.now + MINUTE));
  page.hears({ type: "error", ref: "a", code: "not_joined", message: "" });
  assertEquals(page.state.outbox.map(({ status }) => status), ["queued"]);
  page.submits("b");
  assertEquals(page.sentRefs(), []);
  page.joined();
  assertEquals(page.sentRefs(), ["a"]);
});
