import { assert, assertEquals, assertRejects } from "@std/assert";
import { ORIGIN, type Receipt, Unavailable } from "../../../chat/broker/broker.ts";
import { RedisUnusable } from "../../../chat/broker/redis/link.ts";
import { RedisUrl } from "../../../chat/config/redis_url.ts";
import { delay } from "../../../chat/runtime/timers.ts";
import { within } from "../../support/deadline.ts";
import { RedisServer, testRedis } from "../../support/redis_server.ts";
import { HOST } from "../../support/tcp_connection.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import { send, textOf } from "../ops.ts";
import { assertAgreed, Instance } from "./instance.ts";

/** Runs a test with two instances of a store. */
function testTwo(
  name: string,
  run: (redis: RedisServer, a: Instance, b: Instance) => Promise<void>,
  args: readonly string[] = [],
): void {
  testRedis(`RedisBroker ${name}`, async () => {
    await using redis = await RedisServer.start({ args });
    await using a = await Instance.open(redis.url());
    await using b = await Instance.open(redis.url());
    await run(redis, a, b);
  });
}

/** Both say texts while something happens, and a while before and after. */
async function during(
  [a, b]: readonly [Instance, Instance],
  fault: () => Promise<void>,
): Promise<readonly Map<string, Receipt>[]> {
  const end = new AbortController();
  const saying = Promise.all([a.sayUntil("a", end.signal), b.sayUntil("b", end.signal)]);
  await Promise.all([a.say("before a"), b.say("before b")]);
  await fault();
  await Promise.all([a.say("after a"), b.say("after b")]);
  end.abort();
  return await saying;
}

/** Each problem was told once, and its end. */
function assertTold(instance: Instance, times: number): void {
  const isProblem = instance.told.map((problem) => problem !== undefined);
  assertEquals(isProblem, Array(times).fill([true, false]).flat(), `${instance.told}`);
}

async function keptOf(result: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => result, Unavailable)).kept;
}

testTwo("keeps what was acknowledged when Redis is killed and restarted", async (redis, a, b) => {
  const receipts = await during([a, b], async () => {
    await redis.end("SIGKILL");
    await Promise.all([a.fails(), b.fails()]);
    for (const { broker } of [a, b]) {
      assertEquals(await keptOf(broker.publish([send("x")])), "no");
      assertEquals(await keptOf(broker.open("lobby", 10)), "no");
      assertEquals(await keptOf(broker.catchUp()), "no");
    }
    await redis.restart();
    await Promise.all([a.recovers(), b.recovers()]);
  });
  await assertAgreed([a, b], ...receipts);
  for (const each of [a, b]) {
    assertTold(each, 1);
    for (const { position } of each.log) assert(each.broker.vouches(position));
  }
});

testTwo("knows by their refs the sends that a stopped Redis did later", async (redis, a, b) => {
  const receipts = await during([a, b], async () => {
    redis.pause();
    await Promise.all([a.fails(), b.fails()]);
    redis.resume();
    await Promise.all([a.recovers(), b.recovers()]);
  });
  await assertAgreed([a, b], ...receipts);
  assert(a.rejected.unknown > 0 && a.rejected.no > 0, JSON.stringify(a.rejected));
  for (const each of [a, b]) assertTold(each, 1);
});

testTwo("tells of a gap, and goes on above, when Redis comes back empty", async (redis, a, b) => {
  await a.say("1");
  const last = await b.say("2");
  await Promise.all([a.settle(), b.settle()]);
  assert(a.broker.vouches(last.position) && b.broker.vouches(last.position));
  await redis.end();
  await redis.empty();
  await redis.restart();
  await Promise.all([a.recovers(), b.recovers()]);
  const next = await b.say("3");
  assert(next.position > last.position && next.id > last.id);
  await Promise.all([a.settle(), b.settle()]);
  for (const { broker, losses, log } of [a, b]) {
    assertEquals(broker.vouches(last.position), false);
    assert(losses > 0);
    assertEquals(log.map(textOf), ["1", "2", "3"]);
    const { messages, floor } = await broker.after("lobby", last.position, 100);
    assert(floor > last.position);
    assertEquals(messages.map(textOf), ["3"]);
    assertEquals((await broker.open("lobby", 100)).messages.map(textOf), ["3"]);
  }
});

testTwo("tells of a gap when Redis comes back with an older file", async (redis, a, b) => {
  const old = await a.say("old");
  const restore = await redis.snapshot();
  const lost = await b.say("lost");
  await Promise.all([a.settle(), b.settle()]);
  await redis.end();
  await restore();
  await redis.restart();
  await Promise.all([a.recovers(), b.recovers()]);
  const next = await a.say("next");
  assert(next.position > lost.position);
  await Promise.all([a.settle(), b.settle()]);
  for (const { broker } of [a, b]) {
    assertEquals(broker.vouches(lost.position), false);
    assertEquals(broker.vouches(next.position), true);
    assert((await broker.after("lobby", lost.position, 100)).floor > lost.position);
    const { messages } = await broker.page("lobby", {}, 100);
    assertEquals(messages.map(textOf), ["old", "next"]);
    assertEquals(messages[0]?.id, old.id);
  }
  // Somebody who comes new finds the same.
  await using c = await Instance.open(redis.url());
  assertEquals(c.broker.vouches(lost.position), false);
  assertEquals(c.broker.vouches(next.position), true);
});

for (const [who, hasHeard] of [["too", true], ["alone", false]] as const) {
  testRedis(
    `RedisBroker loses nothing of a new life for one that comes late with what it ${who} has`,
    async () => {
      await using redis = await RedisServer.start();
      await using soon = await TcpProxy.listen(redis.port);
      await using late = await TcpProxy.listen(redis.port);
      await using a = await Instance.open(redis.url(soon.port));
      await using b = await Instance.open(redis.url(late.port));
      await a.say("old");
      const restore = await redis.snapshot();
      if (!hasHeard) soon.partition();
      const lost = await b.say("lost");
      if (hasHeard) await a.settle();
      late.partition();
      await redis.end();
      await restore();
      await redis.restart();
      soon.heal();
      const next = await a.say("next");
      late.heal();
      await b.recovers();
      const last = await b.say("last");
      for (const each of [a, b]) {
        await each.settle();
        assertEquals(each.log.map(({ id }) => id).slice(-2), [next.id, last.id]);
        const { broker } = each;
        assertEquals(broker.vouches(lost.position), false);
        assertEquals(broker.vouches(next.position), true);
        const { floor, messages } = await broker.after("lobby", lost.position, 100);
        assert(floor > lost.position && floor < next.position);
        assertEquals(messages.map(({ id }) => id), [next.id, last.id]);
      }
    },
  );
}

testTwo("tells of a gap when Redis is emptied while it runs", async (redis, a, b) => {
  const last = await a.say("1");
  await b.settle();
  await redis.command("FLUSHALL");
  const next = await b.say("2");
  assert(next.position > last.position);
  await within(waitFor(() => a.log.length === 2 && b.log.length === 2), "the message");
  for (const { broker } of [a, b]) {
    assertEquals(broker.vouches(last.position), false);
    assert((await broker.after("lobby", last.position, 100)).floor > last.position);
  }
});

testTwo("notices within its beat that Redis was emptied, without a message", async (redis, a) => {
  const last = await a.say("1");
  await redis.command("FLUSHALL");
  await within(waitFor(() => !a.broker.vouches(last.position)), "the instance to notice");
  assert(a.losses > 0);
});

async function waitFor(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5);
}

testTwo("loads its scripts again when Redis has forgotten them", async (redis, a, b) => {
  const receipts = await during([a, b], async () => {
    for (let i = 0; i < 20; i++) {
      await redis.command("SCRIPT", "FLUSH");
      await a.say(`between ${i}`);
    }
  });
  await assertAgreed([a, b], ...receipts);
  assertEquals([a.told, b.told, a.rejected], [[], [], { no: 0, unknown: 0 }]);
});

/** Faults in which Redis refuses writes, and goes on to answer reads. */
const REFUSALS: readonly [
  string,
  RegExp,
  (redis: RedisServer) => Promise<unknown>,
  (redis: RedisServer) => Promise<unknown>,
][] = [
  [
    "is full",
    /OOM/,
    (redis) => redis.command("CONFIG", "SET", "maxmemory", 100_000),
    (redis) => redis.command("CONFIG", "SET", "maxmemory", 0),
  ],
  [
    "can't write its file",
    /MISCONF/,
    async (redis) => {
      // No file takes the place of a folder.
      await Deno.mkdir(`${redis.folder}/dump.rdb/x`, { recursive: true });
      await redis.command("CONFIG", "SET", "save", "3600 1");
      await redis.command("BGSAVE");
      await persisted(redis, "err");
    },
    async (redis) => {
      await Deno.remove(`${redis.folder}/dump.rdb`, { recursive: true });
      await redis.command("BGSAVE");
      await persisted(redis, "ok");
    },
  ],
  [
    "is a replica",
    /replica|READONLY/,
    (redis) => redis.command("REPLICAOF", HOST, 9),
    (redis) => redis.command("REPLICAOF", "NO", "ONE"),
  ],
];

/** Waits for the end of BGSAVE. */
async function persisted(redis: RedisServer, status: string): Promise<void> {
  for (;;) {
    const info = String(await redis.command("INFO", "persistence"));
    if (
      info.includes("rdb_bgsave_in_progress:0") && info.includes(`last_bgsave_status:${status}`)
    ) return;
    await delay(5);
  }
}

for (const [fault, problem, begin, end] of REFUSALS) {
  testTwo(`keeps nothing, and reads on, while Redis ${fault}`, async (redis, a, b) => {
    const receipts = await during([a, b], async () => {
      await begin(redis);
      const texts = await Promise.all([a.fails(), b.fails()]);
      for (const text of texts) assert(problem.test(text), text);
      const refused = a.once(send("refused"));
      assertEquals(await keptOf(refused), "no");
      if (!problem.test("replica")) {
        const { messages } = await b.broker.after("lobby", ORIGIN, 100);
        assert(messages.length > 0);
      }
      await end(redis);
      await Promise.all([a.recovers(), b.recovers()]);
    });
    await assertAgreed([a, b], ...receipts);
    assert(!a.log.some((message) => textOf(message) === "refused"));
    for (const each of [a, b]) assertTold(each, 1);
    assert(a.rejected.no > 0);
  });
}

testTwo(
  "notices by itself that Redis takes no writes, and that it does again",
  async (redis, a) => {
    await redis.command("CONFIG", "SET", "maxmemory", 100_000);
    assert((await a.fails()).includes("OOM"));
    await redis.command("CONFIG", "SET", "maxmemory", 0);
    await a.recovers();
    assertTold(a, 1);
  },
);

testRedis("RedisBroker follows a failover to the replica", async () => {
  await using primary = await RedisServer.start();
  await using replica = await RedisServer.start({ primary });
  // An address that leads to the primary, as those of managed offerings do.
  await using address = await TcpProxy.listen(primary.port);
  await using a = await Instance.open(primary.url(address.port));
  await using b = await Instance.open(primary.url(address.port));
  const receipts = await during([a, b], async () => {
    // Nothing is lost: replication is asynchronous.
    await primary.command("CLIENT", "PAUSE", 60_000, "WRITE");
    await caughtUp(primary, replica);
    await replica.command("REPLICAOF", "NO", "ONE");
    await primary.command("REPLICAOF", HOST, replica.port);
    address.targetPort = replica.port;
    await primary.command("CLIENT", "UNPAUSE");
    await Promise.all([a.recovers(), b.recovers()]);
    await Promise.all([a.say("after"), b.say("after too")]);
  });
  await assertAgreed([a, b], ...receipts);
  assertEquals(String(await replica.command("EXISTS", "{parley}:state")), "1");
});

testRedis("RedisBroker tells of a gap when a failover has lost what was kept", async () => {
  await using primary = await RedisServer.start();
  await using replication = await TcpProxy.listen(primary.port);
  await using replica = await RedisServer.start({ primary: replication });
  await using address = await TcpProxy.listen(primary.port);
  await using a = await Instance.open(primary.url(address.port));
  await using b = await Instance.open(primary.url(address.port));
  const old = await a.say("old");
  await caughtUp(primary, replica);
  replication.partition();
  const lost = await a.say("lost");
  await Promise.all([a.settle(), b.settle()]);
  await primary.end("SIGKILL");
  address.targetPort = replica.port;
  await replica.command("REPLICAOF", "NO", "ONE");
  await Promise.all([a.recovers(), b.recovers()]);
  const next = await b.say("next");
  assert(next.position > lost.position);
  for (const { broker } of [a, b]) {
    await within(waitFor(() => broker.vouches(next.position)), "the new order");
    assertEquals(broker.vouches(lost.position), false);
    const { messages, floor } = await broker.after("lobby", old.position, 100);
    assertEquals(messages.map(textOf), ["next"]);
    // It can't be told who has heard what was lost.
    assert(floor > lost.position);
  }
});

async function caughtUp(primary: RedisServer, replica: RedisServer): Promise<void> {
  const offset = async (redis: RedisServer, field: string) =>
    new RegExp(`${field}:(\\d+)`).exec(String(await redis.command("INFO", "replication")))?.[1];
  for (;;) {
    const [at, to] = [
      await offset(replica, "slave_repl_offset"),
      await offset(primary, "master_repl_offset"),
    ];
    if (at !== undefined && at === to) return;
    await delay(5);
  }
}

testTwo("has a problem while its password is wrong", async (redis, a, b) => {
  const receipts = await during([a, b], async () => {
    await redis.command("CONFIG", "SET", "requirepass", "secret");
    const login = { password: "secret" };
    await redis.commandAs(login, "CLIENT", "KILL", "TYPE", "normal");
    for (const text of await Promise.all([a.fails(), b.fails()])) assert(!text.includes("secret"));
    await within(waitFor(() => a.problem?.includes("NOAUTH") ?? false), "the refusal");
    await redis.commandAs(login, "CONFIG", "SET", "requirepass", "");
    await Promise.all([a.recovers(), b.recovers()]);
  });
  await assertAgreed([a, b], ...receipts);
  for (const each of [a, b]) assertTold(each, 1);
});

/** A user of the access list who may do what a server does, and nothing else. */
const RIGHTS = [
  "~{parley}*",
  "-@all",
  "+@read",
  "+@write",
  "+@scripting",
  "+@connection",
  "+info",
  "+time",
  "+wait",
];

testRedis("RedisBroker needs few rights, and says at the start which one is missing", async () => {
  await using redis = await RedisServer.start();
  const url = RedisUrl.parse(`redis://ann:secret@${HOST}:${redis.port}`);
  if (url === undefined) throw new TypeError("Not a URL");
  await redis.command("ACL", "SETUSER", "ann", "on", ">secret", "resetchannels", ...RIGHTS);
  {
    await using a = await Instance.open(url);
    await a.say("kept");
    await a.settle();
    assert(await a.broker.claim("ann", ["lobby"], ["ann"]));
    assertEquals([a.log.map(textOf), a.told], [["kept"], []]);
    assertEquals(await redis.command("ACL", "LOG"), []);
  }
  await redis.command("ACL", "SETUSER", "ann", "-xread");
  const error = await assertRejects(() => Instance.open(url), RedisUnusable);
  assert(/NOPERM.*xread/.test(error.message), error.message);
});

testRedis("RedisBroker reads again what the feed has lost while it was away", async () => {
  await using redis = await RedisServer.start();
  await using proxy = await TcpProxy.listen(redis.port);
  await using a = await Instance.open(redis.url());
  await using b = await Instance.open(redis.url(proxy.port));
  await a.say("heard");
  await b.settle();
  const { losses } = b;
  proxy.partition();
  for (let i = 0; i < 10; i++) await a.say(`missed ${i}`);
  await redis.command("XTRIM", "{parley}:feed", "MAXLEN", 2);
  await b.fails();
  // It has the same as before.
  assertEquals(b.log.map(textOf), ["heard"]);
  proxy.heal();
  await b.recovers();
  await a.say("last");
  await assertAgreed([a, b]);
  assertEquals(a.log.length, 12);
  assert(b.losses > losses);
  assertTold(b, 1);
});

testRedis("RedisBroker reads on in the feed, with nothing lost, after a short outage", async () => {
  await using redis = await RedisServer.start();
  await using proxy = await TcpProxy.listen(redis.port);
  await using a = await Instance.open(redis.url());
  await using b = await Instance.open(redis.url(proxy.port));
  const { losses } = b;
  for (const how of ["rst", "fin"] as const) {
    for (const link of proxy.links) link.cut(how);
    for (let i = 0; i < 20; i++) await a.say(`${how} ${i}`);
    await b.recovers();
    await b.say(`${how} of b`);
  }
  await assertAgreed([a, b]);
  assertEquals([a.log.length, b.losses], [42, losses]);
});

testTwo("hears everything in order while its connections are killed", async (redis, a, b) => {
  const receipts = await during([a, b], async () => {
    for (let i = 0; i < 3; i++) {
      await redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      await Promise.all([a.say(`a ${i} again`), b.say(`b ${i} again`)]);
    }
  });
  await assertAgreed([a, b], ...receipts);
});

testRedis("RedisBroker comes back when Redis has dropped it for reading nothing", async () => {
  await using redis = await RedisServer.start({
    args: ["--client-output-buffer-limit", "normal 2mb 0 0"],
  });
  await using proxy = await TcpProxy.listen(redis.port);
  await using a = await Instance.open(redis.url());
  await using b = await Instance.open(redis.url(proxy.port));
  for (const { down } of proxy.links) down.stall();
  const text = "x".repeat(20_000);
  for (let i = 0; i < 200; i++) await a.say(`${i} ${text}`);
  // Maybe it is back already.
  await within(waitFor(() => b.told.length > 0), "the instance to notice");
  for (const { down } of proxy.links) down.resume();
  await b.recovers();
  await assertAgreed([a, b]);
  assertEquals(b.log.length, 200);
});

testTwo("keeps everything on a Redis that is slow", async (redis, a, b) => {
  const receipts = await during([a, b], async () => {
    for (let i = 0; i < 3; i++) await redis.command("DEBUG", "SLEEP", "0.4");
  });
  await assertAgreed([a, b], ...receipts);
  assertEquals([a.told, b.told, a.rejected], [[], [], { no: 0, unknown: 0 }]);
}, ["--enable-debug-command", "yes"]);
