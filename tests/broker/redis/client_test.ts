import { assert, assertEquals, assertRejects } from "@std/assert";
import { Unavailable } from "../../../chat/broker/broker.ts";
import { type Reply, ReplyError } from "../../../chat/broker/redis/resp.ts";
import { RedisUrl } from "../../../chat/config/redis_url.ts";
import { settled } from "../../support/fake_hub.ts";
import {
  findOpensslNeed,
  findRedisNeed,
  RedisServer,
  testRedis,
} from "../../support/redis_server.ts";
import { HOST } from "../../support/tcp_connection.ts";
import { ToldClient } from "./told.ts";

function parse(text: string): RedisUrl {
  const url = RedisUrl.parse(text);
  if (url === undefined) throw new TypeError(`Not a URL: ${text}`);
  return url;
}

testRedis("RedisClient.call() sends commands, and returns replies of all kinds", async () => {
  await using redis = await RedisServer.start();
  await using told = await ToldClient.connect(redis.url());
  const { client } = told;
  const text = "é 😀 \ufeff\0\r\n$-1\r\n";
  assertEquals(await client.call(["SET", "k", text]), "OK");
  assertEquals(await client.call(["GET", "k"]), text);
  assertEquals(await client.call(["GET", "none"]), null);
  assertEquals(await client.call(["INCRBY", "n", 7]), 7);
  assertEquals(await client.call(["EVAL", "return {1, {'a', {}}, false}", 0]), [
    1,
    ["a", []],
    null,
  ]);
  const error = await assertRejects(() => client.call(["GET"]), ReplyError);
  assertEquals(error.code, "ERR");
  const reply = await client.call(["EVAL", "return {redis.error_reply('NO x')}", 0]);
  const [nested] = reply as readonly Reply[];
  assert(nested instanceof ReplyError);
  assertEquals(told.told, [undefined]);
});

testRedis("RedisClient.call() keeps the order of many calls, in few writes", async () => {
  await using redis = await RedisServer.start();
  await using told = await ToldClient.connect(redis.url());
  const calls: Promise<Reply>[] = [];
  for (let turn = 0; turn < 10; turn++) {
    for (let i = 0; i < 500; i++) calls.push(told.client.call(["RPUSH", "list", calls.length]));
    await calls[turn];
  }
  assertEquals(await Promise.all(calls), calls.map((_, i) => i + 1));
  const list = await told.client.call(["LRANGE", "list", 0, -1]) as readonly Reply[];
  assertEquals(list, calls.map((_, i) => `${i}`));
});

testRedis("RedisClient.call() sends and receives what is large", async () => {
  await using redis = await RedisServer.start();
  await using told = await ToldClient.connect(redis.url());
  const { client } = told;
  const large = "äbc".repeat(1_000_000);
  const small = client.call(["SET", "small", 1]);
  assertEquals(await client.call(["SET", "large", large]), "OK");
  assertEquals(await small, "OK");
  assert(await client.call(["GET", "large"]) === large);
  const items = Array.from({ length: 30_000 }, (_, i) => `item ${i}`);
  await client.call(["RPUSH", "items", ...items]);
  assertEquals(await client.call(["LRANGE", "items", 0, -1]), items);
});

testRedis("RedisClient drops a connection whose reply is larger than allowed", async () => {
  await using redis = await RedisServer.start();
  await using told = await ToldClient.connect(redis.url(), { maxReplyBytes: 100_000 });
  await told.client.call(["SET", "k", "x".repeat(100_000)]);
  const error = await assertRejects(() => told.client.call(["GET", "k"]), Unavailable);
  assertEquals(error.kept, "unknown");
  assertEquals(await told.change(), "A reply takes more than 100000 bytes");
  assertEquals(await told.change(), undefined);
  assertEquals(await told.client.call(["STRLEN", "k"]), 100_000);
});

testRedis("RedisClient.call() refuses what is more than the memory for calls", async () => {
  await using redis = await RedisServer.start();
  await using told = await ToldClient.connect(redis.url(), { maxBytes: 1_000_000 });
  const { client } = told;
  redis.pause();
  const calls = Array.from({ length: 100 }, (_, i) => client.call(["SET", i, "x".repeat(20_000)]));
  const first = await assertRejects(() => calls.at(-1) ?? Promise.resolve(), Unavailable);
  assertEquals([first.kept, first.message], ["no", "Too many commands wait for Redis"]);
  redis.resume();
  const results = await Promise.allSettled(calls);
  const kept = results.filter(({ status }) => status === "fulfilled");
  assert(kept.length > 10 && kept.length < 25, `${kept.length}`);
  assertEquals(await client.call(["DBSIZE"]), kept.length);
});

testRedis("RedisClient logs in and selects the database of its URL, again each time", async () => {
  await using redis = await RedisServer.start({ password: "p@#/ %" });
  const database = parse(`redis://:${encodeURIComponent("p@#/ %")}@${HOST}:${redis.port}/3`);
  await using told = await ToldClient.connect(database);
  await told.client.call(["SET", "k", 1]);
  await redis.command("CLIENT", "KILL", "TYPE", "normal");
  assertEquals(await told.change(), "Redis has closed the connection");
  assertEquals(await told.change(), undefined);
  assertEquals(await told.client.call(["GET", "k"]), "1");
  assertEquals(await redis.command("DBSIZE"), 0);
});

testRedis("RedisClient logs in as a user of the access list", async () => {
  await using redis = await RedisServer.start();
  await redis.command("ACL", "SETUSER", "ann", "on", ">secret:1", "~*", "+@all");
  const url = (password: string) => parse(`redis://ann:${password}@${HOST}:${redis.port}`);
  await using right = await ToldClient.connect(url("secret%3A1"));
  assertEquals(await right.client.call(["ACL", "WHOAMI"]), "ann");
  await using wrong = new ToldClient(url("secret-2"));
  const problem = await wrong.change();
  assert(problem?.startsWith("Redis refuses: WRONGPASS"), problem);
  await redis.command("ACL", "SETUSER", "ann", ">secret-2");
  // However often it was refused meanwhile, it was told once.
  assertEquals(await wrong.change(), undefined);
});

testRedis("RedisClient tells of a password that is missing, wrong or not wanted", async () => {
  await using redis = await RedisServer.start({ password: "secret" });
  for (
    const [login, code] of [["", "NOAUTH"], [":secret-2@", "WRONGPASS"], [":secret@", ""]] as const
  ) {
    await using told = new ToldClient(parse(`redis://${login}${HOST}:${redis.port}`));
    const problem = await told.change() ?? "";
    assert(problem.includes(code) && !problem.includes("secret"), problem);
    const call = told.client.call(["PING"]);
    if (code === "") assertEquals(await call, "PONG");
    else assertEquals((await assertRejects(() => call, Unavailable)).kept, "no");
  }
  await redis.command("CONFIG", "SET", "requirepass", "");
  await using told = new ToldClient(parse(`redis://:secret@${HOST}:${redis.port}`));
  const problem = await told.change() ?? "";
  assert(problem.includes("without any password configured"), problem);
});

testRedis("RedisClient tells of a database that is not there", async () => {
  await using redis = await RedisServer.start();
  await using told = new ToldClient(parse(`redis://${HOST}:${redis.port}/99`));
  assertEquals(await told.change(), "Redis refuses: ERR DB index is out of range");
});

testRedis("RedisClient tells that Redis has no place for another client", async () => {
  await using redis = await RedisServer.start();
  await using first = await ToldClient.connect(redis.url());
  await redis.command("CONFIG", "SET", "maxclients", 1);
  await using second = new ToldClient(redis.url());
  // The reset that follows may come before the text is read.
  const problem = await second.change() ?? "";
  assert(/max number of clients|reset|closed/i.test(problem), problem);
  await first.client.call(["CONFIG", "SET", "maxclients", 100]);
  while (await second.change() !== undefined);
});

testRedis("RedisClient connects by TLS, to a name and to addresses", async () => {
  await using redis = await RedisServer.start({ isTls: true, password: "p@#/" });
  for (const host of ["localhost", HOST, "[::1]"]) {
    const url = parse(`rediss://default:p%40%23%2F@${host}:${redis.tlsPort}/2`);
    await using told = await ToldClient.connect(url, { caCerts: [redis.caCert] });
    assertEquals(await told.client.call(["SET", "k", host]), "OK");
  }
  const tls = parse(`rediss://${HOST}:${redis.tlsPort}`);
  await using untrusted = new ToldClient(tls);
  assert((await untrusted.change())?.includes("invalid peer certificate"));
  await using mixed = new ToldClient(parse(`rediss://${HOST}:${redis.port}`));
  assert(await mixed.change() !== undefined);
  await using plain = new ToldClient(parse(`redis://${HOST}:${redis.tlsPort}`));
  assert(await plain.change() !== undefined);
}, findRedisNeed() ?? findOpensslNeed());

testRedis("RedisClient lets calls through once it is prepared, on each connection", async () => {
  await using redis = await RedisServer.start();
  let times = 0;
  const prepare = async (call: (args: readonly string[]) => Promise<Reply>) => {
    times++;
    // The first time, something is refused.
    await call(times === 1 ? ["NONSENSE"] : ["INCR", "prepared"]);
  };
  await using told = new ToldClient(redis.url(), { prepare });
  assert((await told.change())?.includes("unknown command"));
  assertEquals(await told.change(), undefined);
  assertEquals(await told.client.call(["GET", "prepared"]), "1");
  told.client.reconnect("It is a replica now");
  assertEquals(await told.change(), "It is a replica now");
  assertEquals(await told.change(), undefined);
  assertEquals(await told.client.call(["GET", "prepared"]), "2");
});

testRedis("RedisClient.close() rejects calls, and leaves nothing", async () => {
  await using redis = await RedisServer.start();
  await using told = await ToldClient.connect(redis.url());
  const { client } = told;
  redis.pause();
  const call = client.call(["SET", "k", "x".repeat(10_000_000)]);
  // Written by then.
  await settled();
  await settled();
  const closed = client.close();
  assertEquals((await assertRejects(() => call, Unavailable)).kept, "unknown");
  await closed;
  const later = await assertRejects(() => client.call(["PING"]), Unavailable);
  assertEquals([later.kept, later.message], ["no", "The client is closed"]);
  assertEquals(told.told, [undefined]);
});
