import { MemoryBroker } from "../../chat/broker/memory.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { readFolder } from "../../chat/http/assets.ts";
import { RawClient } from "../support/clients.ts";
import { RealServer } from "../support/real_server.ts";
import { type Answer, handshake, health, request } from "../support/tcp_connection.ts";

const STATIC = `${import.meta.dirname}/../../static`;

function textOf({ body }: Answer): string {
  return new TextDecoder().decode(body);
}

Deno.test("/ and /r/{room} are the page", async (t) => {
  await using server = await RealServer.start();
  const page = (await Deno.readTextFile(`${STATIC}/index.html`)).replace(/^ +/gm, "");
  const longest = `/r/${"a".repeat(64)}`;
  const rooms = ["/r/lobby", "/r/Lobby", "/r/0_-", longest, "/r/lobby/", `${longest}/`];
  for (const path of ["/", "/?a=b", ...rooms, "/r/lobby/?a=b"]) {
    await t.step(path, async () => {
      const answer = await request(server.port, "GET", path);
      assertEquals(answer.status, 200);
      assertEquals(answer.headers.get("content-type"), "text/html; charset=utf-8");
      assertEquals(textOf(answer).replaceAll(/(?<=")\/assets\/[0-9a-f]{16}\//g, "/"), page);
    });
  }
});

Deno.test("/{file} is each of the page's files, with its type", async (t) => {
  await using server = await RealServer.start();
  const types: Readonly<Record<string, RegExp>> = {
    css: /^text\/css; charset=utf-8$/,
    html: /^text\/html; charset=utf-8$/,
    js: /^text\/javascript; charset=utf-8$/,
    svg: /^image\/svg\+xml/,
  };
  for (const [name, body] of readFolder(STATIC)) {
    await t.step(name, async () => {
      const answer = await request(server.port, "GET", `/${name}`);
      assertEquals(answer.status, 200);
      // The page's paths, and what is compacted, are not served as they are written.
      if (!/^index\.html$|\.(?:js|css)$/.test(name)) assertEquals(answer.body, body);
      const type = types[name.split(".").at(-1) ?? ""] ?? /./;
      assertMatch(answer.headers.get("content-type") ?? "", type);
    });
  }
});

Deno.test("the page's files are kept for a year, under paths that another version does not have", async () => {
  await using server = await RealServer.start();
  const page = await request(server.port, "GET", "/");
  assertEquals(page.headers.get("cache-control"), "no-cache");
  const references = textOf(page).matchAll(/(?:href|src)="(\/assets\/[^"/]+\/([^"]+))"/g);
  const paths = new Map([...references].map(([, path = "", name = ""]) => [path, name]));
  // All but the manifest.
  assertEquals(paths.size, new Set(textOf(page).match(/(?<=(?:href|src)=")[^"#][^"]*/g)).size - 1);
  for (const [path, name] of paths) {
    const answer = await request(server.port, "GET", path);
    assertEquals(answer.body, (await request(server.port, "GET", `/${name}`)).body, path);
    assertEquals(answer.headers.get("cache-control"), "public, max-age=31536000, immutable");
  }
});

Deno.test("/r/{room} is the page, with 404, for what is no room", async (t) => {
  await using server = await RealServer.start();
  const index = await request(server.port, "GET", "/");
  const page = textOf(index);
  const rooms = ["", "-a", "_a", "a.b", "a/b", "a//", "a/b/", "a%20b", "caf%C3%A9", "%00", "%"];
  for (const path of ["/r", ...[...rooms, "a".repeat(65)].map((room) => `/r/${room}`)]) {
    await t.step(path, async () => {
      const known = { "if-none-match": index.headers.get("etag") ?? "" };
      const answer = await request(server.port, "GET", path, known);
      assertEquals([answer.status, textOf(answer)], [404, page]);
      assertEquals(answer.headers.get("content-type"), "text/html; charset=utf-8");
      assertSecure(answer);
    });
  }
});

Deno.test("other paths are 404, in every spelling", async (t) => {
  await using server = await RealServer.start();
  const paths = [
    "/nothing",
    "/index",
    "/INDEX.HTML",
    "/static/index.html",
    "/main.ts",
    "/deno.json",
    "/.env",
    "/.git/config",
    "/chat/mod.ts",
    "//",
    "//index.html",
    "/index.html/",
    "/index.html%00",
    "/index.html%2e",
    "/../main.ts",
    "/./../main.ts",
    "/..%2fmain.ts",
    "/%2e%2e/main.ts",
    "/%2e%2e%2fmain.ts",
    "/%252e%252e%252fmain.ts",
    "/..\\main.ts",
    "/./app.js",
    "/r/../app.js",
    "/\\app.js",
    "/..%5cmain.ts",
    "/assets/",
    "/assets/app.js",
    "/assets//app.js",
    "/assets/0123456789abcdef/1/app.js",
    "/assets/../app.js",
    "/assets/0/app.js",
    "/assets/0123456789abcdef/../app.js",
    "/assets/0123456789abcdef/../main.ts",
    "/assets/0123456789abcdef/main.ts",
    "/assets/0123456789abcdef/..%2fmain.ts",
    "/r/../../main.ts",
    "/r/..%2f..%2fmain.ts",
    "/%2fetc%2fpasswd",
    "/....//main.ts",
    "/%c0%ae%c0%ae/main.ts",
    "/%",
    "/__proto__",
    "/constructor",
    "/toString",
    "/hasOwnProperty",
    "/ws/",
    "/healthz/",
    "/HEALTHZ",
    "/metrics/",
  ];
  for (const path of paths) {
    await t.step(path, async () => {
      assertEquals((await request(server.port, "GET", path)).status, 404);
    });
  }
});

Deno.test("a path with a NUL is refused", async () => {
  await using server = await RealServer.start();
  const { status } = await request(server.port, "GET", "/index.html\0");
  assert(status === 400 || status === 404, `Answered with ${status}`);
});

Deno.test("a known path with another method is 405 with Allow", async (t) => {
  await using server = await RealServer.start();
  for (const path of ["/", "/r/lobby", "/app.js", "/healthz", "/metrics", "/ws"]) {
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      await t.step(`${method} ${path}`, async () => {
        const { status, headers } = await request(server.port, method, path);
        assertEquals(status, 405);
        assertEquals(headers.get("allow"), "GET, HEAD");
      });
    }
  }
  const { status } = await request(server.port, "POST", "/nothing");
  assertEquals(status, 404);
});

Deno.test("HEAD has the status and headers of GET", async (t) => {
  await using server = await RealServer.start();
  for (const path of ["/", "/r/lobby", "/style.css", "/healthz", "/ws", "/nothing"]) {
    await t.step(path, async () => {
      const get = await request(server.port, "GET", path, { "accept-encoding": "gzip" });
      const head = await request(server.port, "HEAD", path, { "accept-encoding": "gzip" });
      assertEquals(head.status, get.status);
      for (const name of ["content-type", "content-length", "content-encoding", "etag", "vary"]) {
        assertEquals(head.headers.get(name), get.headers.get(name), name);
      }
    });
  }
});

Deno.test("a file is 304 for a matching ETag", async (t) => {
  await using server = await RealServer.start();
  const { headers } = await request(server.port, "GET", "/app.js");
  const etag = headers.get("etag") ?? "";
  assertMatch(etag, /^(W\/)?"[^"]+"$/);
  const known = [etag, "*", `W/${etag.replace("W/", "")}`, `"other", ${etag}`];
  for (const method of ["GET", "HEAD"]) {
    for (const tag of known) {
      await t.step(`${method} with If-None-Match: ${tag}`, async () => {
        const answer = await request(server.port, method, "/app.js", { "if-none-match": tag });
        assertEquals(answer.status, 304);
        assertEquals(answer.headers.get("etag"), etag);
        assertEquals(answer.headers.get("vary"), headers.get("vary"));
        assertEquals(answer.headers.get("cache-control"), headers.get("cache-control"));
      });
    }
  }
  await t.step("and 200 for another ETag", async () => {
    const answer = await request(server.port, "GET", "/app.js", { "if-none-match": '"other"' });
    assertEquals(answer.status, 200);
    assertEquals(answer.headers.get("etag"), etag);
  });
});

Deno.test("a file has the best encoding that the client accepts", async (t) => {
  await using server = await RealServer.start();
  const plain = await Deno.readFile(`${STATIC}/favicon.svg`);
  const decode: Readonly<Record<string, (body: Uint8Array) => Uint8Array>> = {
    br: brotliDecompressSync,
    gzip: gunzipSync,
  };
  const choices: [string | undefined, string | null][] = [
    [undefined, null],
    ["", null],
    ["identity", null],
    ["gzip", "gzip"],
    ["br", "br"],
    ["gzip, deflate, br, zstd", "br"],
    ["br;q=0, gzip", "gzip"],
    ["gzip;q=0, br;q=0", null],
    ["zstd", null],
    ["*;q=0, identity", null],
  ];
  for (const [accepted, expected] of choices) {
    await t.step(`Accept-Encoding: ${accepted}`, async () => {
      const headers = accepted === undefined ? {} : { "accept-encoding": accepted };
      const answer = await request(server.port, "GET", "/favicon.svg", headers);
      assertEquals(answer.headers.get("content-encoding"), expected);
      assertMatch(answer.headers.get("vary") ?? "", /accept-encoding/i);
      const body = decode[expected ?? ""]?.(answer.body) ?? answer.body;
      assertEquals(new Uint8Array(body), plain);
    });
  }
});

Deno.test("a file's tag differs between encodings", async () => {
  await using server = await RealServer.start();
  const tags = await Promise.all(["identity", "gzip", "br"].map(async (encoding) => {
    const headers = { "accept-encoding": encoding };
    return (await request(server.port, "GET", "/favicon.svg", headers)).headers.get("etag");
  }));
  assertEquals(new Set(tags).size, 3);
});

Deno.test("every response except an upgrade has the security headers", async (t) => {
  await using server = await RealServer.start({ CHAT_CONNECTIONS_PER_ADDRESS: "1" });
  using _only = await RawClient.open(server.port);
  const etag = (await request(server.port, "GET", "/")).headers.get("etag") ?? "";
  const requests: [number, string, string, Record<string, string>?][] = [
    [400, "GET", "/", { host: "a/b" }],
    [414, "GET", `/${"x".repeat(9000)}`],
    [431, "GET", "/", { "x-long": "x".repeat(17_000) }],
    [200, "GET", "/"],
    [200, "HEAD", "/app.js"],
    [200, "GET", "/healthz"],
    [200, "GET", "/metrics"],
    [304, "GET", "/", { "if-none-match": etag }],
    [403, "GET", "/ws", handshake({ origin: "https://evil.example" })],
    [404, "GET", "/nothing"],
    [405, "POST", "/"],
    [426, "GET", "/ws"],
    [429, "GET", "/ws", handshake()],
  ];
  for (const [status, method, path, headers] of requests) {
    await t.step(`${method} ${path}: ${status}`, async () => {
      const answer = await request(server.port, method, path, headers);
      assertEquals(answer.status, status);
      assertSecure(answer);
    });
  }
});

Deno.test("a refusal of a full or draining server has the security headers", async () => {
  await using server = await RealServer.start({ CHAT_MAX_CONNECTIONS: "1" });
  using client = await server.rawUser("Ada");
  assertSecure(await request(server.port, "GET", "/ws", handshake()));
  const drained = server.chat.drain();
  await client.next("bye");
  assertSecure(await request(server.port, "GET", "/ws", handshake()));
  assertSecure(await request(server.port, "GET", "/healthz"));
  client.destroy();
  await drained;
});

Deno.test("the security headers restrict scripts, frames and types", async () => {
  await using server = await RealServer.start();
  const { headers } = await request(server.port, "GET", "/");
  const policy = headers.get("content-security-policy") ?? "";
  const directives = new Map(
    policy.split(";").map((each) => each.trim().split(" ")).map(([name, ...sources]) => [
      name,
      sources.join(" "),
    ]),
  );
  assertEquals(directives.get("default-src"), "'none'");
  assertEquals(directives.get("script-src"), "'self'");
  assertEquals(directives.get("frame-ancestors"), "'none'");
  assertEquals(directives.get("base-uri"), "'none'");
  assert(!policy.includes("unsafe"), policy);
});

Deno.test("/healthz is 200 and tells who is there and what is kept, and is never cached", async () => {
  await using server = await RealServer.start({ CHAT_HISTORY_SIZE: "30", CHAT_JOIN_HISTORY: "20" });
  await using ada = await server.user("Ada");
  await ada.join("lobby");
  const { status, headers, body } = await request(server.port, "GET", "/healthz");
  assertEquals(status, 200);
  assertEquals(headers.get("content-type"), "application/json");
  assertEquals(headers.get("cache-control"), "no-store");
  assertEquals(JSON.parse(new TextDecoder().decode(body)), {
    status: "ok",
    connections: 1,
    rooms: 1,
    users: 1,
    history: 30,
  });
});

Deno.test("/healthz of a private server tells nobody how many are there", async () => {
  const settings: Record<string, string>[] = [
    { CHAT_PASSWORD: "x" },
    { CHAT_TOKEN_SECRET: "a secret of thirty-two bytes, no less" },
    { CHAT_USER_HEADER: "X-User", CHAT_TRUST_PROXY: "1" },
  ];
  for (const each of settings) {
    await using server = await RealServer.start({ CHAT_HISTORY_SIZE: "300", ...each });
    const { body } = await request(server.port, "GET", "/healthz");
    assertEquals(JSON.parse(new TextDecoder().decode(body)), { status: "ok", history: 300 });
  }
});

Deno.test("/healthz is 503 while no message can be kept", async () => {
  const bounds = { roomSize: 10, maxBytes: 1e6, receiptBytes: 1e6 };
  const broker = new MemoryBroker({ ...bounds, now: Date.now });
  await using server = await RealServer.start({}, { broker });
  const status = broker.status();
  broker.status = () => ({ ...status, problem: "The disk is full" });
  assertEquals((await request(server.port, "GET", "/healthz")).status, 503);
  assertEquals((await health(server.port)).status, "unavailable");
  broker.status = () => status;
  assertEquals((await request(server.port, "GET", "/healthz")).status, 200);
});

Deno.test("/healthz is 503 while the server drains", async () => {
  await using server = await RealServer.start();
  using client = await server.rawUser("Ada");
  const drained = server.chat.drain();
  await client.next("bye");
  assertEquals((await request(server.port, "GET", "/healthz")).status, 503);
  assertEquals((await health(server.port)).status, "draining");
  client.destroy();
  await drained;
});

Deno.test("/metrics is text for Prometheus, and is never cached", async (t) => {
  await using server = await RealServer.start();
  for (const method of ["GET", "HEAD"]) {
    await t.step(method, async () => {
      const { status, headers, body } = await request(server.port, method, "/metrics");
      assertEquals(status, 200);
      assertEquals(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
      assertEquals(headers.get("cache-control"), "no-store");
      assertEquals(body.length > 0, method === "GET");
    });
  }
});

Deno.test("/metrics is 401 without the token, if there is one", async (t) => {
  const token = "a-Secret/+~=0";
  await using server = await RealServer.start({ CHAT_METRICS_TOKEN: token });
  const answers: [number, string | undefined][] = [
    [200, `Bearer ${token}`],
    [200, `bearer  ${token}`],
    [401, undefined],
    [401, ""],
    [401, "Bearer"],
    [401, "Bearer "],
    [401, token],
    [401, `Basic ${token}`],
    [401, `Basic ${btoa(`:${token}`)}`],
    [401, `Bearer ${token.toLowerCase()}`],
    [401, `Bearer ${token}0`],
    [401, `Bearer ${token.slice(0, -1)}`],
    [401, `Bearer ${token} ${token}`],
    [401, `Bearer ${token}, Bearer ${token}`],
    [401, `XBearer ${token}`],
  ];
  for (const [expected, authorization] of answers) {
    for (const method of ["GET", "HEAD"]) {
      await t.step(`${method} with Authorization: ${authorization}`, async () => {
        const headers = authorization === undefined ? {} : { authorization };
        const answer = await request(server.port, method, "/metrics", headers);
        assertEquals(answer.status, expected);
        assertEquals(textOf(answer).includes("parley_"), expected === 200 && method === "GET");
        assertEquals(
          answer.headers.get("www-authenticate"),
          expected === 401 ? "Bearer" : null,
        );
        assertSecure(answer);
      });
    }
  }
  await t.step("and not in a query", async () => {
    const { status } = await request(server.port, "GET", `/metrics?access_token=${token}`);
    assertEquals(status, 401);
  });
  await t.step("while all else is for everyone", async () => {
    assertEquals((await request(server.port, "GET", "/healthz")).status, 200);
  });
});

function assertSecure({ headers }: Answer): void {
  assertEquals(headers.get("x-content-type-options"), "nosniff");
  assertEquals(headers.get("referrer-policy"), "no-referrer");
  assertMatch(headers.get("content-security-policy") ?? "", /default-src 'none'/);
  assertEquals(headers.get("cross-origin-opener-policy"), "same-origin");
  assertEquals(headers.get("cross-origin-resource-policy"), "same-origin");
  assertMatch(headers.get("permissions-policy") ?? "", /camera=\(\)/);
}
