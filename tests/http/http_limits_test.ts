import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { once } from "node:events";
import { connect } from "node:http2";
import { RawClient } from "../support/clients.ts";
import { ManualClock, RealServer } from "../support/real_server.ts";
import { within } from "../support/deadline.ts";
import {
  type Answer,
  handshake,
  health,
  request,
  TcpConnection,
} from "../support/tcp_connection.ts";

/** Sends a request as it is written, on a connection of its own. */
async function ask(port: number, ...lines: readonly string[]): Promise<Answer> {
  using wire = await TcpConnection.connect(port);
  return await within(wire.ask(...lines), `an answer to ${lines[0]?.slice(0, 40)}`);
}

/** The lines that ask for a WebSocket. */
const UPGRADE = Object.entries(handshake()).map((each) => each.join(": "));

Deno.test("a request with more than 16 KiB of headers is 431 for every path", async (t) => {
  await using server = await RealServer.start();
  const lines = (length: number, count: number) =>
    Array.from({ length: count }, (_, i) => `X-${i}: ${"x".repeat(length / count)}`);
  const blocks: [what: string, headers: string[], isTooLarge: boolean][] = [
    ["one line of 15 kB", lines(15_000, 1), false],
    ["50 lines, 15 kB", lines(15_000, 50), false],
    ["one line of 17 kB", lines(17_000, 1), true],
    ["one line of 60 kB", lines(60_000, 1), true],
    ["50 lines, 20 kB", lines(20_000, 50), true],
    ["a long name", [`X${"x".repeat(17_000)}: x`], true],
    ["a long list of spaces", [`Connection: x${" ".repeat(60_000)}x`], true],
    ["a long Cookie", [`Cookie: ${"a=b; ".repeat(5000)}`], true],
  ];
  for (const [what, headers, isTooLarge] of blocks) {
    const requests: [status: number, line: string, ...headers: string[]][] = [
      [200, "GET / HTTP/1.1"],
      [200, "GET /healthz HTTP/1.1"],
      [404, "POST /nothing HTTP/1.1"],
      [101, "GET /ws HTTP/1.1", ...UPGRADE],
    ];
    for (const [status, line, ...more] of requests) {
      await t.step(`${line} with ${what}`, async () => {
        const answer = await ask(server.port, line, "Host: 127.0.0.1", ...more, ...headers);
        assertEquals(answer.status, isTooLarge ? 431 : status);
        if (isTooLarge) assertEquals(answer.headers.get("connection"), "close");
      });
    }
  }
});

Deno.test("a path with a query of more than 8 KiB is 414", async () => {
  await using server = await RealServer.start();
  const statusOf = async (path: string) => (await request(server.port, "GET", path)).status;
  assertEquals(await statusOf(`/?${"x".repeat(8190)}`), 200);
  assertEquals(await statusOf(`/?${"x".repeat(8191)}`), 414);
  assertEquals(await statusOf(`/${"x".repeat(60_000)}`), 414);
});

const GOOD_HOSTS = ["a", "chat.example:8000", "A_b-1.example.", "192.0.2.1", "[::1]", "[::1]:80"];

const BAD_HOSTS = [
  ...["", "a b", "a\tb", "[", "a:b:c", "a:", "a:99999", "%", "a/metrics?", "a/metrics#", "a/"],
  ...["a?", "a#", "a@b", "//", "a, b", "a,b", "[:::]", "::1", "\u00e4", "\u00c3\u00a4", "*", "\\"],
];

Deno.test("a request without a valid host is 400, except for /healthz", async (t) => {
  await using server = await RealServer.start();
  const heads = [
    ...GOOD_HOSTS.map((host) => [true, `Host: ${host}`] as const),
    ...BAD_HOSTS.map((host) => [false, `Host: ${host}`] as const),
    [false, "X-Host: a"] as const,
  ];
  for (const [isGood, head] of heads) {
    for (const [path, status] of [["/", 200], ["/nope", 404], ["/metrics", 200]] as const) {
      await t.step(`${path} with ${head}`, async () => {
        const answer = await ask(server.port, `GET ${path} HTTP/1.1`, head);
        assertEquals(answer.status, isGood ? status : 400);
      });
    }
    await t.step(`/healthz with ${head}`, async () => {
      for (const method of ["GET", "HEAD"]) {
        assertEquals((await ask(server.port, `${method} /healthz HTTP/1.1`, head)).status, 200);
      }
    });
    await t.step(`/ws with ${head}`, async () => {
      const answer = await ask(server.port, "GET /ws HTTP/1.1", head, ...UPGRADE);
      assertEquals(answer.status, isGood ? 101 : 400);
    });
  }
  await t.step("HTTP/1.0 without a host", async () => {
    assertEquals((await ask(server.port, "GET / HTTP/1.0")).status, 400);
    assertEquals((await ask(server.port, "GET /healthz HTTP/1.0")).status, 200);
  });
  await t.step("two hosts", async () => {
    assertEquals((await ask(server.port, "GET / HTTP/1.1", "Host: a", "Host: b")).status, 400);
  });
});

Deno.test("a request is routed by its target, never by its Host", async (t) => {
  await using server = await RealServer.start({ CHAT_METRICS_TOKEN: "secret" });
  const requests: [target: string, host: string, statuses: number[]][] = [
    ["/nope", "a/metrics?", [400]],
    ["/nope", "a/healthz?", [400]],
    ["/nope", "a/healthz#", [400]],
    ["/healthz", "a/nope?", [200]],
    // Absolute form: a host that is not the Host names two, and the path is the target's.
    ["http://a/healthz", "a", [200]],
    ["http://a/metrics", "a", [401]],
    ["http://a/", "a", [200]],
    ["http://a", "a", [200]],
    ["http://evil/metrics", "a", [400]],
    ["http://evil/", "a", [400]],
    ["http://a.evil/", "a", [400]],
    ["http://a@evil/", "a", [400]],
    ["http://a:81/", "a", [400]],
    ["http://a?/metrics", "a", [404, 200]],
    ["http://evil/nope", "evil/metrics?", [400]],
    // No path to any file or route.
    ["//metrics", "a", [404]],
    ["//a/metrics", "a", [404]],
    ["/./metrics", "a", [404]],
    ["/x/../metrics", "a", [404]],
    ["/%6detrics", "a", [404]],
    ["/metrics%20", "a", [404]],
    ["/metrics/", "a", [404]],
    ["/metrics;x", "a", [404]],
    ["/\\metrics", "a", [404]],
    ["/METRICS", "a", [404]],
    ["/metrics?x", "a", [401]],
    ["/metrics#x", "a", [401]],
    ["*", "a", [400]],
    ["metrics", "a", [400]],
    ["?/metrics", "a", [400]],
  ];
  for (const [target, host, statuses] of requests) {
    await t.step(`GET ${target} with Host: ${host}`, async () => {
      const { status } = await ask(server.port, `GET ${target} HTTP/1.1`, `Host: ${host}`);
      assert(statuses.includes(status), `Answered with ${status}`);
    });
  }
  await t.step("OPTIONS *", async () => {
    assertEquals((await ask(server.port, "OPTIONS * HTTP/1.1", "Host: a")).status, 404);
  });
});

Deno.test("a request for a host that CHAT_HOSTS lacks is 421, except for /healthz", async (t) => {
  await using server = await RealServer.start({ CHAT_HOSTS: "chat.example, b.example:81, [::1]" });
  const hosts: [host: string, isServed: boolean][] = [
    ["chat.example", true],
    ["chat.example:8000", true],
    ["CHAT.example.", true],
    ["b.example:81", true],
    ["[::1]:8000", true],
    ["b.example:82", false],
    ["b.example", false],
    ["evil.example", false],
    ["127.0.0.1", false],
    ["localhost", false],
    ["sub.chat.example", false],
  ];
  for (const [host, isServed] of hosts) {
    await t.step(host, async () => {
      const statusOf = async (path: string, headers = {}) =>
        (await request(server.port, "GET", path, { host, ...headers })).status;
      assertEquals(await statusOf("/"), isServed ? 200 : 421);
      assertEquals(await statusOf("/nope"), isServed ? 404 : 421);
      assertEquals(await statusOf("/metrics"), isServed ? 200 : 421);
      assertEquals(await statusOf("/ws"), isServed ? 426 : 421);
      assertEquals(await statusOf("/ws", handshake()), isServed ? 101 : 421);
      assertEquals(await statusOf("/healthz"), 200);
      // A page can send both of these.
      const forwarded = { "x-forwarded-host": "chat.example", "origin": `http://${host}` };
      assertEquals(await statusOf("/ws", handshake(forwarded)), isServed ? 101 : 421);
    });
  }
  await t.step("a host that is none is 400 first", async () => {
    assertEquals((await request(server.port, "GET", "/", { host: "a/b" })).status, 400);
  });
});

/** Asks by HTTP/2, in which a request has an authority instead of a Host. */
async function statusByHttp2(port: number, authority: string, path: string): Promise<unknown> {
  const client = connect(`http://127.0.0.1:${port}`);
  try {
    const stream = client.request({ ":path": path, ":authority": authority });
    const [headers] = await within(once(stream, "response"), `an answer to ${path}`);
    stream.resume();
    await within(once(stream, "end"), "the end of the answer");
    return headers[":status"];
  } finally {
    await new Promise<void>((resolve) => client.close(resolve));
  }
}

Deno.test("a request of HTTP/2 names its host in its authority", async () => {
  await using server = await RealServer.start({ CHAT_HOSTS: "chat.example" });
  const statusOf = (authority: string, path: string) => statusByHttp2(server.port, authority, path);
  assertEquals(await statusOf("chat.example", "/"), 200);
  assertEquals(await statusOf("chat.example:81", "/r/lobby?x"), 200);
  assertEquals(await statusOf("chat.example", "/nope"), 404);
  assertEquals(await statusOf("evil.example", "/"), 421);
  assertEquals(await statusOf("evil.example", "/healthz"), 200);
});

/** A literal of HPACK that is not indexed: a header of the static table and a short value. */
const literal = (header: number, value: string) => [
  ...[header, value.length],
  ...new TextEncoder().encode(value),
];

/** The bytes of a body that HTTP/2 gives to HEAD. Clients that see one break the stream off. */
async function headBytesByHttp2(port: number, path: string): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const [method, scheme] = [literal(2, "HEAD"), literal(6, "http")];
  const block = [...method, ...scheme, ...literal(4, path), ...literal(1, "127.0.0.1")];
  const settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
  // HEADERS of stream 1, which end both the headers and the stream.
  const headers = [0, 0, block.length, 1, 5, 0, 0, 0, 1, ...block];
  const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  await connection.write(Uint8Array.from([...preface, ...settings, ...headers]));
  const reader = connection.readable.getReader();
  let bytes: number[] = [];
  let body = 0;
  for (;;) {
    const [high = 0, middle = 0, low = 0, type = 0, flags = 0] = bytes;
    const end = 9 + (high << 16) + (middle << 8) + low;
    if (bytes.length < Math.max(9, end)) {
      const { done, value } = await within(reader.read(), "a frame");
      assert(!done);
      bytes = [...bytes, ...value ?? []];
      continue;
    }
    const isOfRequest = bytes[8] === 1;
    bytes = bytes.slice(end);
    if (isOfRequest && type === 0) body += end - 9;
    if (isOfRequest && (type <= 1) && (flags & 1) === 1) return body;
  }
}

Deno.test("HEAD of HTTP/2 has no body", async () => {
  await using server = await RealServer.start();
  for (const path of ["/", "/healthz", "/metrics", "/nope", "/api/rooms", "/api/rooms/a/export"]) {
    assertEquals(await headBytesByHttp2(server.port, path), 0, path);
  }
});

Deno.test("CHAT_HOSTS applies to the forwarded host behind trusted proxies", async (t) => {
  const environment = { CHAT_HOSTS: "chat.example", CHAT_TRUST_PROXY: "1" };
  await using server = await RealServer.start(environment);
  const table: [forwarded: string | undefined, host: string, status: number][] = [
    ["chat.example", "inner:8000", 200],
    ["evil.example, chat.example", "inner:8000", 200],
    ["chat.example, evil.example", "inner:8000", 421],
    ["evil.example", "chat.example", 421],
    ["chat.example/", "chat.example", 421],
    [undefined, "chat.example", 200],
    [undefined, "inner:8000", 421],
    ["chat.example", "a/b", 400],
  ];
  for (const [forwarded, host, status] of table) {
    await t.step(`X-Forwarded-Host: ${forwarded}, Host: ${host}`, async () => {
      const headers = forwarded === undefined ? {} : { "x-forwarded-host": forwarded };
      const answer = await request(server.port, "GET", "/", { host, ...headers });
      assertEquals(answer.status, status);
    });
  }
});

/** Sends the same request so often, in one go. Returns the answers' statuses and when to come back. */
async function pipeline(
  port: number,
  line: string,
  times: number,
): Promise<{ statuses: Record<string, number>; retryAfter: string | undefined }> {
  using wire = await TcpConnection.connect(port);
  const one = `${line} HTTP/1.1\r\nHost: a\r\n`;
  const requests = `${`${one}\r\n`.repeat(times - 1)}${one}Connection: close\r\n\r\n`;
  let answers = "";
  const reading = async () => {
    for (let bytes = await wire.some(); bytes !== undefined; bytes = await wire.some()) {
      answers += String.fromCharCode(...bytes);
    }
  };
  await within(
    Promise.all([wire.write(new TextEncoder().encode(requests)), reading()]),
    `${times} answers`,
  );
  const statuses: Record<string, number> = {};
  for (const [, status = ""] of answers.matchAll(/HTTP\/1\.1 (\d{3})/g)) {
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return { statuses, retryAfter: /\r\nretry-after: (\d+)/.exec(answers)?.[1] };
}

Deno.test("an address may make 10,000 plain requests at once, then 500 a second", async (t) => {
  const timers = new ManualClock();
  await using server = await RealServer.start({}, { timers });
  const { port } = server;
  await t.step("of files, of what is not there, and of what is not allowed", async () => {
    assertEquals((await pipeline(port, "HEAD /offline.js", 3000)).statuses, { 200: 3000 });
    assertEquals((await pipeline(port, "HEAD /nothing", 4000)).statuses, { 404: 4000 });
    assertEquals((await pipeline(port, "DELETE /ws", 2000)).statuses, { 405: 2000 });
    const { statuses, retryAfter } = await pipeline(port, "HEAD /ws", 1500);
    assertEquals(statuses, { 426: 1000, 429: 500 });
    assertEquals(retryAfter, "1");
  });
  await t.step("of each kind", async () => {
    for (const path of ["/", "/r/lobby", "/app.js", "/metrics", "/nothing", "/ws"]) {
      assertEquals((await request(port, "GET", path)).status, 429, path);
    }
    assertEquals((await request(port, "POST", "/healthz")).status, 429);
    assertEquals((await request(port, "GET", "/", { host: "a/b" })).status, 429);
  });
  await t.step("that is filled again with time", async () => {
    timers.now += 1000;
    assertEquals((await pipeline(port, "HEAD /", 600)).statuses, { 200: 500, 429: 100 });
  });
  await t.step("while /healthz and upgrades go on", async () => {
    assertEquals((await pipeline(port, "HEAD /healthz", 2000)).statuses, { 200: 2000 });
    await using ada = await server.user("Ada");
    await ada.join("lobby");
  });
  await t.step("and another address is served", async () => {
    await using other = await RealServer.start({ CHAT_TRUST_PROXY: "1" }, { timers });
    const head = (address: string) => `HEAD / HTTP/1.1\r\nX-Forwarded-For: ${address}\r\nX:`;
    await pipeline(other.port, head("192.0.2.1"), 10_000);
    const from = (address: string) =>
      request(other.port, "HEAD", "/", { "x-forwarded-for": address });
    assertEquals((await from("192.0.2.1")).status, 429);
    assertEquals((await from("192.0.2.2")).status, 200);
  });
});

Deno.test("plain requests have no limit with CHAT_CONNECTIONS_PER_ADDRESS=0", async () => {
  await using server = await RealServer.start({ CHAT_CONNECTIONS_PER_ADDRESS: "0" }, {
    timers: new ManualClock(),
  });
  assertEquals((await pipeline(server.port, "HEAD /nothing", 11_000)).statuses, { 404: 11_000 });
});

Deno.test("/metrics is made at most once a second, and is the same for every request meanwhile", async () => {
  const timers = new ManualClock();
  const environment = { CHAT_METRICS_TOKEN: "secret" };
  await using server = await RealServer.start(environment, { timers, scrapeMs: 1000 });
  const scraped = async () => {
    const headers = { authorization: "Bearer secret" };
    const { status, body } = await request(server.port, "GET", "/metrics", headers);
    assertEquals(status, 200);
    return new TextDecoder().decode(body);
  };
  const first = await scraped();
  using _ada = await RawClient.open(server.port);
  timers.now += 999;
  assertEquals(await scraped(), first);
  assertEquals(await Promise.all([scraped(), scraped()]), [first, first]);
  assertEquals((await request(server.port, "GET", "/metrics")).status, 401);
  assertEquals((await health(server.port)).connections, 1);
  timers.now += 2;
  const second = await scraped();
  assertNotEquals(second, first);
  assertMatch(second, /^parley_connections 1$/m);
  assertEquals(await scraped(), second);
});

Deno.test("refused requests are counted by reason", async () => {
  await using server = await RealServer.start({ CHAT_HOSTS: "a" }, { timers: new ManualClock() });
  await ask(server.port, "GET / HTTP/1.1", `X: ${"x".repeat(20_000)}`);
  await ask(server.port, `GET /${"x".repeat(9000)} HTTP/1.1`, "Host: a");
  await ask(server.port, "GET / HTTP/1.1", "Host: a/b");
  await ask(server.port, "GET / HTTP/1.1", "Host: b");
  const counted = async (port: number) => {
    const { body } = await request(port, "GET", "/metrics", { host: "a" });
    const lines = new TextDecoder().decode(body).matchAll(
      /^parley_refusals_total{reason="(.*)"} 1$/gm,
    );
    return [...lines].map(([, reason]) => reason);
  };
  const reasons = ["headers_too_large", "target_too_long", "bad_host", "other_host"];
  assertEquals(await counted(server.port), reasons);
});

/** Sends a head, and then a body of 100 MB as long as it is taken. */
async function upload(
  port: number,
  head: readonly string[],
  piece: Uint8Array,
): Promise<{ answer: Answer; sentMb: number }> {
  using wire = await TcpConnection.connect(port);
  const answering = wire.ask(...head);
  let sent = 0;
  const sending = async () => {
    try {
      for (; sent < 100e6; sent += piece.length) await wire.write(piece);
    } catch {
      // The server ended the connection.
    }
  };
  const [answer] = await within(Promise.all([answering, sending()]), "the end of a body");
  return { answer, sentMb: Math.round(sent / 1e6) };
}

Deno.test("a request's body is not read, and its connection ends", async () => {
  await using server = await RealServer.start();
  await using witness = await server.user("Ada");
  const plain = new Uint8Array(65_536);
  const chunk = new TextEncoder().encode(`10000\r\n${"x".repeat(65_536)}\r\n`);
  const bodies = [["Content-Length: 100000000", plain], [
    "Transfer-Encoding: chunked",
    chunk,
  ]] as const;
  const requests: [line: string, status: number, header?: string][] = [
    ["POST /nothing", 404],
    ["POST /", 405],
    ["PUT /metrics", 405],
    ["POST /ws", 405],
    ["DELETE /healthz", 405],
    ["POST /", 431, `X: ${"x".repeat(20_000)}`],
    ["POST http://b/", 400],
  ];
  // Together, since each client is given time to read its answer.
  await Promise.all(
    requests.flatMap(([line, status, header = "X: x"]) =>
      bodies.map(async ([length, piece]) => {
        const what = `${line}, ${length}`;
        const head = [`${line} HTTP/1.1`, "Host: a", header, length];
        const { answer, sentMb } = await upload(server.port, head, piece);
        assertEquals(answer.status, status, what);
        assertMatch(answer.headers.get("connection") ?? "", /\bclose\b/, what);
        // As much as the kernel holds for both ends.
        assert(sentMb < 50, `${what}: ${sentMb} MB were taken`);
      })
    ),
  );
  await witness.ask("pong", { type: "ping" });
});

Deno.test("a request with a small body gets its whole response, and its connection ends", async (t) => {
  await using server = await RealServer.start();
  const requests: [status: number, line: string, ...headers: string[]][] = [
    [404, "POST /nothing HTTP/1.1"],
    [405, "POST / HTTP/1.1"],
    [200, "GET / HTTP/1.1"],
    [404, "HEAD /nothing HTTP/1.1"],
  ];
  for (const [status, ...head] of requests) {
    for (const header of ["Content-Length: 5", "Transfer-Encoding: chunked"]) {
      await t.step(`${head[0]}, ${header}`, async () => {
        const body = header.startsWith("C") ? "hello" : "5\r\nhello\r\n0\r\n\r\n";
        const { status: told, headers } = await ask(
          server.port,
          ...head,
          "Host: a",
          header,
          "",
          body,
        );
        assertEquals(told, status);
        assertMatch(headers.get("connection") ?? "", /\bclose\b/);
      });
    }
  }
});

Deno.test("a request with a body is not upgraded", async () => {
  await using server = await RealServer.start();
  for (const header of ["Content-Length: 5", "Transfer-Encoding: chunked"]) {
    const { status } = await ask(server.port, "GET /ws HTTP/1.1", "Host: a", ...UPGRADE, header);
    // Deno 2.9 says 400 to it itself.
    assert([400, 426].includes(status), `Answered with ${status}`);
  }
  await server.connectionsLeft(0);
});
