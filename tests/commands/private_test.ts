import { assert, assertEquals } from "@std/assert";
import { userIdOf } from "../../chat/commands/user_id.ts";
import { type FakeClient, FakeHub, keyOf, ofType, only } from "../support/fake_hub.ts";
import { answer, BUSY, errorOf, idOf, outcome } from "../support/charge.ts";
import { encodePart, makeToken, TOKEN_SECRET } from "../support/jwt.ts";

const SECRET = "p#%&+ü w";
const HELLO = { type: "hello", name: "Ada", key: keyOf("Ada") };
const withToken = (token: string) => ({ ...HELLO, token });

/** A server that needs tokens, and its time in seconds. */
function tokenHub(settings = {}): { fake: FakeHub; seconds: number } {
  const fake = new FakeHub({ ...BUSY, tokenSecret: TOKEN_SECRET, ...settings });
  return { fake, seconds: Math.floor(fake.timers.now / 1000) };
}

Deno.test("hello() asks everybody but admins for the password of a private server", async () => {
  const fake = new FakeHub({ ...BUSY, password: SECRET, admins: new Set([idOf("Root")]) });
  const ada = fake.connect();
  for (const password of [undefined, "", "wrong", `${SECRET} `]) {
    const { code, needs } = await errorOf(ada, { ...HELLO, password });
    assertEquals([code, needs], ["unauthorized", "password"]);
  }
  assertEquals(await outcome(ada, { type: "join", room: "lobby" }), "not_welcome");
  assertEquals(await outcome(ada, { ...HELLO, password: SECRET.normalize("NFD") }), "welcome");
  const root = { type: "hello", name: "Root", key: keyOf("Root") };
  assertEquals(await outcome(fake.connect(), root), "welcome");
});

Deno.test("wrong passwords of rooms and of the server share one budget of an address", async () => {
  const fake = new FakeHub({ ...BUSY, password: SECRET, connectionsPerAddress: Infinity });
  const enter = async (address: string, name: string) => {
    const client = fake.connect(address);
    await answer(client, { type: "hello", name, key: keyOf(name), password: SECRET });
    return client;
  };
  const owner = await enter("192.0.2.1", "Owner");
  await owner.join("den");
  await outcome(owner, { type: "configure", room: "den", password: "of the room" });
  const eve = await enter("192.0.2.66", "Eve");
  for (let i = 0; i < 5; i++) {
    const wrong = { type: "join", room: "den", password: `x${i}` };
    assertEquals(await outcome(eve, wrong), "unauthorized");
    const hello = { ...HELLO, password: `x${i}` };
    assertEquals(await outcome(fake.connect("192.0.2.66"), hello), "unauthorized");
  }
  const right = { ...HELLO, password: SECRET };
  assertEquals(await outcome(fake.connect("192.0.2.66"), right), "rate_limited");
  const join = { type: "join", room: "den", password: "of the room" };
  assertEquals(await outcome(eve, join), "rate_limited");
  assert(fake.logged.includes("too_many_guesses"));
  assertEquals(await outcome(fake.connect("192.0.2.67"), right), "welcome");
  await fake.pass(60_000);
  assertEquals(await outcome(eve, join), "joined");
  assertEquals(fake.hub.metrics.wrong, { room: 5, server: 5, token: 0 });
});

Deno.test("hello() takes id, name, role and rooms from a token", async () => {
  const { fake, seconds } = tokenHub();
  const claims = { sub: "ada@example.com", name: "Ada L", exp: seconds + 60, nbf: seconds };
  const ada = fake.connect();
  const welcome = only([await answer(ada, withToken(makeToken(claims)))], "welcome");
  assertEquals(welcome.you, { id: userIdOf("token:ada@example.com"), name: "Ada L" });
  assertEquals(await outcome(ada, { type: "rename", name: "Bob" }), "forbidden");
  assertEquals(await outcome(ada, { type: "join", room: "anywhere" }), "joined");
  const root = fake.connect();
  const admin = { ...claims, sub: "root", role: "admin", rooms: ["Team", "lobby"] };
  const other = await answer(root, withToken(makeToken(admin)));
  assert(other.type === "welcome" && other.you.role === "admin");
  assertEquals(await outcome(root, { type: "join", room: "team" }), "joined");
  for (const type of ["join", "configure", "kick", "mute", "bans"]) {
    const fields = { room: "anywhere", topic: "x", user: idOf("Ada"), minutes: 1 };
    assertEquals(await outcome(root, { type, ...fields }), "forbidden", type);
  }
  const rooms = await answer(root, { type: "rooms" });
  assertEquals(rooms.type === "rooms" && rooms.rooms.map(({ room }) => room), ["lobby"]);
  assertEquals(await outcome(root, { type: "ban", user: idOf("Ada"), minutes: 1 }), "done");
});

Deno.test("hello() makes a valid name of any that a token has", async () => {
  const { fake, seconds } = tokenHub();
  const nameOf = async (name: string) => {
    const token = makeToken({ sub: "a", name, exp: seconds + 60 });
    const welcome = await answer(fake.connect(), withToken(token));
    return welcome.type === "welcome" && welcome.you.name;
  };
  assertEquals(await nameOf(`${"x".repeat(31)}🙂${"y".repeat(500)}`), `${"x".repeat(31)}🙂`);
  assertEquals(await nameOf("\u0000"), userIdOf("token:a"));
});

Deno.test("users of tokens may have names that look the same, since they can't choose others", async () => {
  const { fake, seconds } = tokenHub();
  const enter = async (sub: string, name: string) => {
    const client = fake.connect();
    const token = makeToken({ sub, name, exp: seconds + 60 });
    return [client, only([await answer(client, withToken(token))], "welcome").you] as const;
  };
  const [first] = await enter("a", "Ada");
  const [second] = await enter("b", "Ada");
  const [third] = await enter("c", "Bob");
  for (const client of [first, second, third]) {
    assertEquals(await outcome(client, { type: "join", room: "lobby" }), "joined");
  }
  const [, you] = await enter("c", "Ada");
  assertEquals(you, { id: userIdOf("token:c"), name: "Ada" });
});

Deno.test("hello() lets nobody in by a token that is not signed with HS256 and the secret", async () => {
  const { fake, seconds } = tokenHub();
  const claims = { sub: "ada", name: "Ada", exp: seconds + 60 };
  const good = makeToken(claims);
  const [header = "", payload = "", signature = ""] = good.split(".");
  const none = encodePart({ alg: "none" });
  const bad: Record<string, string> = {
    "alg none": `${none}.${payload}.`,
    "alg none, signed": makeToken(claims, { alg: "none" }),
    "alg NONE, with the signature": `${encodePart({ alg: "NONE" })}.${payload}.${signature}`,
    "RS256": makeToken(claims, { alg: "RS256" }),
    "HS512": makeToken(claims, { alg: "HS512" }, TOKEN_SECRET, "sha512"),
    "HS512 in the header alone": makeToken(claims, { alg: "HS512" }),
    "HS256 with SHA-512": makeToken(claims, undefined, TOKEN_SECRET, "sha512"),
    "alg as a list": makeToken(claims, { alg: ["HS256"] }),
    "no alg": makeToken(claims, {}),
    "crit": makeToken(claims, { alg: "HS256", crit: ["exp"] }),
    "another secret": makeToken(claims, undefined, `${TOKEN_SECRET}x`),
    "an empty signature": `${header}.${payload}.`,
    "two parts": `${header}.${payload}`,
    "four parts": `${good}.${signature}`,
    "a cut signature": good.slice(0, -4),
    "a longer signature": `${good}AAAA`,
    "padding": `${good}=`,
    "another payload": `${header}.${encodePart({ ...claims, sub: "root" })}.${signature}`,
    "a space": ` ${good}`,
    "no token at all": "x",
    "a payload that is no object": makeToken([claims]),
    "a header that is no JSON": `${encodePart("x")}.${payload}.${signature}`,
    "no exp": makeToken({ ...claims, exp: undefined }),
    "exp as a text": makeToken({ ...claims, exp: String(seconds + 60) }),
    "no sub": makeToken({ ...claims, sub: undefined }),
    "an empty sub": makeToken({ ...claims, sub: "" }),
    "a long sub": makeToken({ ...claims, sub: "x".repeat(257) }),
    "no name": makeToken({ ...claims, name: undefined }),
    "nbf as a text": makeToken({ ...claims, nbf: "0" }),
    "rooms as a text": makeToken({ ...claims, rooms: "lobby" }),
    "a room that is none": makeToken({ ...claims, rooms: ["lobby", "a b"] }),
    "expired": makeToken({ ...claims, exp: seconds }),
    "not valid yet": makeToken({ ...claims, nbf: seconds + 1 }),
    "empty": "",
  };
  for (const [i, [what, token]] of Object.entries(bad).entries()) {
    // Each at an address of its own.
    const client = fake.connect(`192.0.2.${i}`);
    const { code, needs, message } = await errorOf(client, withToken(token));
    assertEquals([code, needs], ["unauthorized", "token"], what);
    assert(!message.includes(TOKEN_SECRET), message);
  }
  assertEquals(await outcome(fake.connect(), HELLO), "unauthorized");
  assertEquals(await outcome(fake.connect(), withToken(good)), "welcome");
});

Deno.test("wrong tokens are ten a minute for an address, and outdated ones do not count", async () => {
  const { fake, seconds } = tokenHub();
  const claims = { sub: "ada", name: "Ada", exp: seconds + 600 };
  const stale = makeToken({ ...claims, exp: seconds - 1 });
  for (let i = 0; i < 12; i++) {
    assertEquals(await outcome(fake.connect(), withToken(stale)), "unauthorized");
  }
  const wrong = Array.from({ length: 12 }, (_, i) => makeToken(claims, undefined, `wrong ${i}`));
  const clients = wrong.map(() => fake.connect());
  const codes = await Promise.all(
    clients.map((client, i) => outcome(client, withToken(wrong[i] ?? ""))),
  );
  assertEquals(codes.filter((code) => code === "rate_limited").length, 2);
  assertEquals(await outcome(fake.connect(), withToken(makeToken(claims))), "rate_limited");
  const other = fake.connect("192.0.2.67");
  assertEquals(await outcome(other, withToken(makeToken(claims))), "welcome");
});

Deno.test("a connection ends when its token does, with bye, and a new token lets back in", async () => {
  const { fake, seconds } = tokenHub();
  const claims = { sub: "ada", name: "Ada", exp: seconds + 10 };
  const ada = fake.connect();
  await answer(ada, withToken(makeToken(claims)));
  const long = fake.connect();
  await answer(long, withToken(makeToken({ ...claims, exp: seconds + 1000 })));
  await fake.pass(8000);
  assertEquals(ada.closeCode, undefined);
  await fake.pass(4000);
  assertEquals(ofType(await ada.read(), "bye").length, 1);
  assertEquals([ada.closeCode, long.closeCode], [4503, undefined]);
  assert(ada.transport.closing?.reason.includes("token"));
  const back = withToken(makeToken({ ...claims, exp: seconds + 100 }));
  assertEquals(await outcome(fake.connect(), back), "welcome");
});

Deno.test("hello() takes the user from the header of a trusted proxy, and nobody without", async () => {
  const admins = new Set([userIdOf("header:root@example.com")]);
  const fake = new FakeHub({ ...BUSY, userHeader: "x-user", trustProxy: 1, admins });
  const enter = async (user: string | undefined) => {
    const client = fake.connect("192.0.2.1", { proxyUser: user });
    return [client, await answer(client, HELLO)] as [
      FakeClient,
      Awaited<ReturnType<typeof answer>>,
    ];
  };
  const [ada, welcome] = await enter("ada@example.com");
  assertEquals(only([welcome], "welcome").you, {
    id: userIdOf("header:ada@example.com"),
    name: "ada@example.com",
  });
  assertEquals(await outcome(ada, { type: "rename", name: "Bob" }), "forbidden");
  const [, root] = await enter("root@example.com");
  assertEquals(root.type === "welcome" && root.you.role, "admin");
  const [, nobody] = await enter(undefined);
  assertEquals(nobody.type === "error" && nobody.code, "unauthorized");
});

Deno.test("no key gives the id of a user of a token or a header", async () => {
  const fake = new FakeHub(BUSY);
  for (const key of ["token:ada@example.com", "header:ada@example.com"]) {
    const { code, message } = await errorOf(fake.connect(), { ...HELLO, key });
    assertEquals([code, message.includes('"key"')], ["bad_request", true]);
  }
  assertEquals(
    await outcome(fake.connect(), { ...HELLO, key: "Token:ada@example.com" }),
    "welcome",
  );
  const { seconds } = tokenHub();
  assert(
    seconds > 0 && only([await answer(fake.connect(), HELLO)], "welcome").you.id === idOf("Ada"),
  );
});
