import { assertEquals } from "@std/assert";
import { userIdOf } from "../../chat/commands/user_id.ts";
import { RawClient } from "../support/clients.ts";
import { makeToken, TOKEN_SECRET } from "../support/jwt.ts";
import { RealServer } from "../support/real_server.ts";
import { dataFolder } from "../support/server_process.ts";

const KEY = "the key of the owner";

/** A client that has said hello, and perhaps another one's headers. */
async function enter(
  port: number,
  fields: Record<string, unknown>,
  headers: Record<string, string> = {},
) {
  const client = await RawClient.open(port, headers);
  const hello = { type: "hello", name: "Ada", ref: "h", ...fields } as const;
  await client.tell(hello);
  return client;
}

Deno.test("server keeps owners, passwords and kicks over a restart", async () => {
  await using folder = await dataFolder();
  const { CHAT_DATA } = folder;
  {
    await using server = await RealServer.start({ CHAT_DATA });
    using owner = await enter(server.port, { key: KEY });
    await owner.join("den");
    await owner.ask("settings", { type: "configure", room: "den", password: "secret" });
    const user = userIdOf("the key of the spammer");
    await owner.ask("done", { type: "kick", room: "den", user, minutes: 60 });
  }
  await using server = await RealServer.start({ CHAT_DATA });
  using stranger = await enter(server.port, { key: "the key of a stranger", name: "Zoe" });
  const join = { type: "join", room: "den", password: "wrong" } as const;
  assertEquals((await stranger.ask("error", join)).code, "unauthorized");
  const { settings } = await stranger.ask("joined", { ...join, password: "secret" });
  assertEquals([settings?.owner, settings?.locked], [userIdOf(KEY), true]);
  using spammer = await enter(server.port, { key: "the key of the spammer", name: "Eve" });
  const refused = await spammer.ask("error", { ...join, password: "secret" });
  assertEquals(refused.code, "kicked");
  using owner = await enter(server.port, { key: KEY });
  const { members } = await owner.join("den");
  assertEquals(members.at(-1)?.role, "owner");
});

Deno.test("server with a token secret lets in by a token alone", async () => {
  await using server = await RealServer.start({ CHAT_TOKEN_SECRET: TOKEN_SECRET });
  const exp = Math.floor(Date.now() / 1000) + 60;
  using stranger = await enter(server.port, { key: KEY });
  const refused = await stranger.next("error");
  assertEquals([refused.code, refused.needs], ["unauthorized", "token"]);
  using ada = await enter(server.port, { token: makeToken({ sub: "ada", name: "Ada L", exp }) });
  assertEquals((await ada.next("welcome")).you.name, "Ada L");
});

Deno.test("server with a user header believes it from a proxy alone", async () => {
  const settings = { CHAT_USER_HEADER: "X-User", CHAT_TRUST_PROXY: "1" };
  await using server = await RealServer.start(settings);
  const forwarded = { "x-forwarded-for": "192.0.2.1", "x-user": "ada" };
  using ada = await enter(server.port, {}, forwarded);
  assertEquals((await ada.next("welcome")).you, { id: userIdOf("header:ada"), name: "ada" });
  using eve = await enter(server.port, {}, { "x-user": "ada" });
  assertEquals((await eve.next("error")).code, "unauthorized");
});
