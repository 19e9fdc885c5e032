import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ErrorCode, Settings } from "../../chat/protocol/types.ts";
import { online, Page, YOU } from "./page_driver.ts";

const LOCKED: Settings = {
  topic: "",
  owner: null,
  moderators: [],
  locked: true,
  readOnly: false,
  slowMs: 0,
  listed: false,
};

type Refusal = { code: ErrorCode; needs?: "password" | "token"; retryMs?: number };

/** Answers the newest `hello` or `join` with an error. */
function refuse(page: Page, type: "hello" | "join", refusal: Refusal): Page {
  const ref = page.state.pending.findLast((command) => command.type === type)?.ref ?? "";
  return page.hears({ type: "error", ref, message: "", ...refusal });
}

const needsPassword = { code: "unauthorized", needs: "password" } as const;
const needsToken = { code: "unauthorized", needs: "token" } as const;
const passwordIs = (text: string) => ({ type: "password_given", room: "lobby", text }) as const;

Deno.test("reduce() asks for the password of a room, and keeps the one that opens it", () => {
  const page = refuse(new Page().welcomed(), "join", needsPassword);
  assertEquals(page.room.joinError?.needs, "password");
  assertMatch(page.room.joinError?.text ?? "", /has a password/);
  page.sent();
  page.does(passwordIs("sesame"));
  assertEquals(page.sent("join"), [
    { type: "join", room: "lobby", password: "sesame", ref: "3" },
  ]);
  assertEquals(page.stored("password.lobby"), undefined, "not before it has opened the room");
  page.joined({ settings: LOCKED });
  assertEquals(page.stored("password.lobby"), "sesame");
  // Without asking.
  page.closes().waits(30_000);
  page.sent();
  page.welcomed();
  assertEquals(page.sent("join").map((join) => "password" in join && join.password), ["sesame"]);
});

Deno.test("reduce() forgets the wrong password of a room, and asks once", () => {
  const page = new Page({ passwords: new Map([["lobby", "old"]]) }).welcomed();
  assertEquals(page.sent("join").map((join) => "password" in join && join.password), ["old"]);
  refuse(page, "join", needsPassword);
  assertMatch(page.room.joinError?.text ?? "", /that is not its password/);
  assertEquals([page.room.password, page.stored("password.lobby")], ["", null]);
  page.waits(20_000);
  assertEquals(page.sent("join"), []);
  // A screen reader hears of each.
  assertEquals(refuse(page.does(passwordIs("x")), "join", needsPassword).announced().length, 1);
});

Deno.test("reduce() tries a password that was given while another one was refused", () => {
  const page = new Page({ passwords: new Map([["lobby", "old"]]) }).welcomed();
  page.does(passwordIs("new"));
  page.sent();
  refuse(page, "join", needsPassword);
  assertEquals(page.sent("join").map((join) => "password" in join && join.password), ["new"]);
});

Deno.test("reduce() tries the password of the last visit where that of a link is outdated", () => {
  const passwords = new Map([["lobby", "new"]]);
  const page = new Page({ passwords, linkPassword: "old" }).welcomed();
  const tried = () => page.sent("join").map((join) => "password" in join && join.password);
  assertEquals(tried(), ["old"]);
  refuse(page, "join", needsPassword);
  assertEquals([page.stored("password.lobby"), ...tried()], [undefined, "new"]);
  refuse(page, "join", needsPassword);
  assertEquals([page.stored("password.lobby"), ...tried()], [null]);
  const same = new Page({ passwords, linkPassword: "new" }).welcomed();
  same.sent();
  assertEquals(refuse(same, "join", needsPassword).sent("join"), []);
});

Deno.test("reduce() asks for fewer locked rooms at a time than end a connection", () => {
  const rooms = Array.from({ length: 40 }, (_, i) => ({ name: `r${i}`, addedAt: i, muted: false }));
  const page = new Page({ rooms, current: "r0" }).welcomed();
  let refused = 0;
  const refuseAll = () => {
    for (let waits = true; waits; refused++) {
      refuse(page, "join", needsPassword);
      waits = page.state.pending.some(({ type }) => type === "join");
    }
  };
  refuseAll();
  assert(refused < 20, `${refused}`);
  page.waits(10_000);
  assertEquals(page.state.pending, []);
  for (let i = 0; i < 3; i++) {
    page.waits(12_000);
    refuseAll();
  }
  assertEquals(
    page.state.rooms.map(({ joinError }) => joinError?.needs),
    rooms.map(() => "password"),
  );
});

Deno.test("reduce() sends no password that the server takes for a bad command", () => {
  const page = refuse(new Page().welcomed(), "join", needsPassword).does(
    passwordIs("🙂é".repeat(99)),
  );
  page.sent();
  page.does({ type: "pass_given", needs: "password", text: "é".repeat(200) });
  assertEquals([...page.room.password].length, 128);
  assertEquals(page.state.serverPassword, "é".repeat(128));
});

Deno.test("reduce() waits with a password where too many were wrong", () => {
  const page = refuse(new Page().welcomed(), "join", needsPassword).does(passwordIs("right"));
  refuse(page, "join", { code: "rate_limited", retryMs: 40_000 });
  page.sent();
  assertEquals(page.room.joinError?.needs, "password");
  assertEquals(page.room.joinError?.until, page.now + 40_000);
  page.waits(39_000).does(passwordIs("right"));
  assertEquals(page.sent("join"), []);
  page.waits(1000);
  assertEquals(page.sent("join").length, 1);
});

Deno.test("reduce() does not keep the password of a room that has none, or is left", () => {
  const page = new Page({ passwords: new Map([["lobby", "sesame"]]) }).welcomed();
  page.joined({ settings: { ...LOCKED, locked: false } });
  assertEquals([page.room.password, page.stored("password.lobby")], ["", null]);
  page.does({ type: "room_opened", room: "den" }).does({ type: "room_left", room: "lobby" });
  assertEquals(page.stored("password.lobby"), null);
});

Deno.test("reduce() keeps no password of somebody with a role, which the server has not looked at", () => {
  const page = new Page({ passwords: new Map([["lobby", "old"]]) }).welcomed();
  page.joined({ settings: { ...LOCKED, moderators: [YOU] } });
  assertEquals([page.room.password, page.stored("password.lobby")], ["", null]);
});

Deno.test("reduce() opens a room with the password that another tab has stored", () => {
  const page = refuse(new Page().welcomed(), "join", needsPassword);
  page.sent();
  const stored = { type: "stored_elsewhere", key: "password.lobby", value: "sesame" } as const;
  page.does(stored);
  assertEquals(page.sent("join").length, 1);
  const inside = online();
  assertEquals(inside.does(stored).sent("join"), []);
});

Deno.test("reduce() asks for the password of the server, and comes in with it", () => {
  const page = refuse(new Page().opens(), "hello", needsPassword);
  assertEquals(page.state.passDialog, { needs: "password", error: "", until: 0 });
  assertEquals([page.state.name, page.state.nameDialog], ["Ada", null]);
  page.waits(60_000);
  assertEquals(page.effects.filter(({ type }) => type === "open").length, 1, "no loop");

  page.does({ type: "pass_given", needs: "password", text: "wrong" }).opens();
  refuse(page, "hello", needsPassword);
  assertMatch(page.state.passDialog?.error ?? "", /not the password/);
  assertEquals(page.state.serverPassword, "");

  page.does({ type: "pass_given", needs: "password", text: "right" });
  assertEquals(page.stored("serverPassword"), null);
  page.sent();
  page.welcomed();
  assertEquals(page.sent("hello").map((hello) => "password" in hello && hello.password), ["right"]);
  assertEquals(page.state.passDialog, null);
});

Deno.test("reduce() keeps a password of the server that was not looked at, and tries it again", () => {
  const page = new Page({ serverPassword: "right" }).opens();
  refuse(page, "hello", { code: "rate_limited", retryMs: 20_000 });
  assertEquals([page.state.outage, page.state.connection.status], ["guessed", "offline"]);
  page.effects = [];
  page.waits(20_000);
  assertEquals(page.effects.filter(({ type }) => type === "open").length, 1);
  page.welcomed();
  assertEquals(page.stored("serverPassword"), "right");
});

Deno.test("reduce() comes back when the server can't tell whom to let in", () => {
  const page = refuse(new Page().opens(), "hello", { code: "unavailable", retryMs: 1000 });
  assertEquals([page.state.name, page.state.nameDialog], ["Ada", null]);
  page.effects = [];
  page.waits(1000).welcomed().joined();
  assertEquals(page.room.status, "joined");
});

Deno.test("reduce() takes the name that is given, without asking for one or letting it be changed", () => {
  for (const namer of ["token", "proxy"] as const) {
    for (const name of ["", "Eve"]) {
      const page = new Page({ name, namer, token: namer === "token" ? "a.b.c" : "" });
      assertEquals([page.state.nameDialog, page.state.connection.status], [null, "connecting"]);
      page.welcomed("Ada of the office").joined();
      assertEquals([page.state.name, page.state.notice], ["Ada of the office", null]);
      page.does({ type: "name_asked" });
      assertEquals(page.state.nameDialog, null);
    }
  }
});

Deno.test("reduce() asks for a name where a token is given to a server that takes none", () => {
  const page = new Page({ name: "", token: "a.b.c" });
  assertEquals(page.state.nameDialog?.reason, "first");
  page.does({ type: "name_chosen", name: "Ada" }).welcomed();
  assertEquals([page.state.name, page.state.notice], ["Ada", null]);
});

Deno.test("reduce() asks for a token before anything else, where a token names the user", () => {
  const page = refuse(new Page({ name: "", namer: "token" }).opens(), "hello", needsToken);
  assertEquals([page.state.nameDialog, page.state.passDialog?.error], [null, ""]);
  page.does({ type: "pass_given", needs: "token", text: "a.b.c" }).welcomed("Ada");
  assertEquals([page.state.passDialog, page.state.name, page.state.notice], [null, "Ada", null]);
});

Deno.test("reduce() asks for no token where a proxy that names the user named nobody", () => {
  const page = refuse(new Page({ name: "", namer: "proxy" }).opens(), "hello", needsToken);
  assertEquals([page.state.passDialog, page.state.connection.status], [null, "stopped"]);
  assertMatch(page.state.stopReason, /not told who you are/);
  page.does({ type: "retry_wanted" }).welcomed("Ada");
  assertEquals(page.state.connection.status, "online");
});

Deno.test("reduce() comes back as the user of another token, with what waits", () => {
  const page = online({}, { token: "a.b.c" }).submits("a");
  page.does({ type: "pass_given", needs: "token", text: "d.e.f" }).sent();
  page.welcomed().joined();
  assertEquals(page.stored("token"), "d.e.f");
  assertEquals(page.sent().map(({ type }) => type), ["hello", "join", "send"]);
});

Deno.test("reduce() forgets a token that has expired, and asks for another", () => {
  const page = online({}, { token: "a.b.c" }).hears({ type: "bye", retryMs: 0 }).closes(4503);
  assertEquals(page.state.token, "");
  assertEquals(page.stored("token"), null);
  assertEquals([page.state.passDialog?.needs, page.state.connection.status], ["token", "stopped"]);
  page.effects = [];
  page.waits(600_000);
  assertEquals(page.effects, []);
  page.does({ type: "pass_given", needs: "token", text: "d.e.f" }).opens();
  refuse(page, "hello", needsToken);
  assertMatch(page.state.passDialog?.error ?? "", /lets nobody in/);
  page.does({ type: "pass_dismissed" });
  assertEquals(page.state.passDialog, null);
  page.does({ type: "retry_wanted" }).opens();
  refuse(page, "hello", needsToken);
  assertEquals(page.state.passDialog, { needs: "token", error: "", until: 0 });
});

Deno.test("reduce() stays away while the user is banned, and comes back then", () => {
  const banned = { type: "error", code: "banned", message: "", retryMs: 30 * 86_400_000 } as const;
  const page = online().hears(banned).closes(4502);
  assertEquals(page.state.connection.status, "stopped");
  assertEquals(page.state.connection.retryAt, page.now + banned.retryMs);
  page.effects = [];
  page.waits(banned.retryMs - 1000);
  assertEquals(page.effects, []);
  page.waits(1000).welcomed().joined();
  assertEquals([page.room.status, page.state.you], ["joined", YOU]);
  // Of a `hello`.
  const stranger = refuse(new Page().opens(), "hello", banned).closes(4502);
  assertEquals([stranger.state.name, stranger.state.nameDialog], ["Ada", null]);
  assertEquals(stranger.state.connection.retryAt, stranger.now + banned.retryMs);
});
