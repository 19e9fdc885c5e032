import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import {
  type Config,
  type Environment,
  frameBytesFor,
  parseConfig,
} from "../../chat/config/config.ts";
import { VARIABLES } from "../../chat/config/settings.ts";

const DEFAULTS: Config = {
  port: 8000,
  hostname: "0.0.0.0",
  title: "Parley",
  accent: "",
  basePath: "/",
  hosts: [],
  allowedOrigins: [],
  frameAncestors: [],
  trustProxy: 0,
  dataFolder: "data",
  durability: "full",
  keepDays: 0,
  keepBytes: 1_073_741_824,
  redisUrl: undefined,
  redisWait: 0,
  kv: undefined,
  rooms: new Set(["lobby"]),
  admins: new Set(),
  password: "",
  tokenSecret: "",
  userHeader: "",
  maxConnections: 10_000,
  maxMemoryBytes: 1_073_741_824,
  historyBytes: 268_435_456,
  receiptBytes: 268_435_456,
  connectionsPerAddress: 100,
  roomsPerConnection: 20,
  maxRooms: 10_000,
  membersPerRoom: Infinity,
  historySize: 1000,
  joinHistory: 200,
  textLength: 4000,
  frameBytes: 16_384,
  messageRate: { burst: 10, perSecond: 5 },
  commandRate: { burst: 100, perSecond: 50 },
  leaveGraceMs: 5000,
  sendBufferBytes: 262_144,
  stuckMs: 30_000,
  helloMs: 10_000,
  heartbeatMs: 25_000,
  drainMs: 3000,
  metricsToken: "",
  logLevel: "info",
};

/** Variables of whole numbers, each with a value that is allowed and what it sets. */
const NUMBERS: [name: keyof Environment, value: string, set: Partial<Config>][] = [
  ["PORT", "9000", { port: 9000 }],
  ["CHAT_TRUST_PROXY", "2", { trustProxy: 2 }],
  ["CHAT_KEEP_DAYS", "3", { keepDays: 3 }],
  ["CHAT_KEEP_MB", "4", { keepBytes: 4_194_304 }],
  ["CHAT_MAX_CONNECTIONS", "5", { maxConnections: 5 }],
  [
    "CHAT_MAX_MEMORY_MB",
    "250",
    { maxMemoryBytes: 262_144_000, historyBytes: 65_011_712, receiptBytes: 65_011_712 },
  ],
  ["CHAT_HISTORY_MB", "3", { historyBytes: 3_145_728 }],
  ["CHAT_CONNECTIONS_PER_ADDRESS", "6", { connectionsPerAddress: 6 }],
  ["CHAT_ROOMS_PER_CONNECTION", "7", { roomsPerConnection: 7 }],
  ["CHAT_MAX_ROOMS", "8", { maxRooms: 8 }],
  ["CHAT_MEMBERS_PER_ROOM", "9", { membersPerRoom: 9 }],
  ["CHAT_HISTORY_SIZE", "10", { historySize: 10 }],
  ["CHAT_JOIN_HISTORY", "11", { joinHistory: 11 }],
  ["CHAT_TEXT_LENGTH", "12", { textLength: 12 }],
  ["CHAT_FRAME_BYTES", "65536", { frameBytes: 65_536 }],
  ["CHAT_MESSAGE_BURST", "13", { messageRate: { burst: 13, perSecond: 5 } }],
  ["CHAT_MESSAGES_PER_SECOND", "14", { messageRate: { burst: 10, perSecond: 14 } }],
  ["CHAT_COMMANDS_PER_SECOND", "15", { commandRate: { burst: 30, perSecond: 15 } }],
  ["CHAT_LEAVE_GRACE_MS", "1600", { leaveGraceMs: 1600 }],
  ["CHAT_SEND_BUFFER_BYTES", "17000", { sendBufferBytes: 17_000 }],
  ["CHAT_STUCK_MS", "1800", { stuckMs: 1800 }],
  ["CHAT_HELLO_MS", "1900", { helloMs: 1900 }],
  ["CHAT_HEARTBEAT_MS", "2000", { heartbeatMs: 2000 }],
  ["CHAT_DRAIN_MS", "2100", { drainMs: 2100 }],
];

/** The message with which the start ends. */
function refusalOf(environment: Readonly<Record<string, string>>): string {
  return assertThrows(() => parseConfig(environment), RangeError).message;
}

Deno.test("parseConfig() returns the documented defaults", () => {
  assertEquals(parseConfig({}), DEFAULTS);
});

Deno.test("parseConfig() treats an empty variable as unset", () => {
  const empty = Object.fromEntries(VARIABLES.map((name) => [name, ""]));
  assertEquals(parseConfig(empty), DEFAULTS);
});

Deno.test("parseConfig() sets only the field of each variable", () => {
  const others: [keyof Environment, string, Partial<Config>][] = [
    ["HOST", "127.0.0.1", { hostname: "127.0.0.1" }],
    ["HOST", "::", { hostname: "::" }],
    ["CHAT_HOSTS", "a.example:81", { hosts: [{ name: "a.example", port: 81 }] }],
    ["CHAT_ALLOWED_ORIGINS", "https://a.example", { allowedOrigins: ["https://a.example"] }],
    ["CHAT_TITLE", "  Büro & Co. 👩‍💻 ", { title: "Büro & Co. 👩‍💻" }],
    ["CHAT_ACCENT", "#0A7d55", { accent: "#0a7d55" }],
    ["CHAT_BASE_PATH", "/a/chat_1.0", { basePath: "/a/chat_1.0/" }],
    ["CHAT_FRAME_ANCESTORS", "https://A.example, http://*.b.example:81/,*", {
      frameAncestors: ["https://a.example", "http://*.b.example:81", "*"],
    }],
    ["CHAT_METRICS_TOKEN", "a-b.c~d_e+f/0=", { metricsToken: "a-b.c~d_e+f/0=" }],
    ["CHAT_LOG", "warn", { logLevel: "warn" }],
    ["CHAT_DATA", "/srv/chat", { dataFolder: "/srv/chat" }],
    ["CHAT_SYNC", "normal", { durability: "normal" }],
    ["CHAT_PASSWORD", "p#%&+ü w", { password: "p#%&+ü w" }],
    ["CHAT_TOKEN_SECRET", "s".repeat(32), { tokenSecret: "s".repeat(32) }],
    ["CHAT_ROOMS", " Team,lobby,, team ", { rooms: new Set(["team", "lobby"]) }],
    ["CHAT_ADMINS", "k3v9q0x2abcd2345".replace(/[^a-z2-7]/g, "a"), {
      admins: new Set(["k3vaqax2abcd2345"]),
    }],
  ];
  const table = [...NUMBERS, ...others];
  for (const [name, value, set] of table) {
    assertEquals(parseConfig({ [name]: value }), { ...DEFAULTS, ...set }, name);
  }
  assertEquals(
    parseConfig({ CHAT_USER_HEADER: "X-User", CHAT_TRUST_PROXY: "1" }),
    { ...DEFAULTS, userHeader: "x-user", trustProxy: 1 },
  );
  // Those of Redis and KV have tests of their own.
  const apart = ["CHAT_USER_HEADER", "CHAT_REDIS", "CHAT_REDIS_WAIT", "CHAT_KV"] as const;
  const names = [...table.map(([name]) => name), ...apart];
  assertEquals(new Set(names), new Set(VARIABLES));
});

Deno.test("parseConfig() refuses a user header that no trusted proxy sets, or beside tokens", () => {
  const message = refusalOf({ CHAT_USER_HEADER: "X-User" });
  assertStringIncludes(message, "Cannot use CHAT_USER_HEADER without CHAT_TRUST_PROXY");
  const both = { CHAT_TRUST_PROXY: "1", CHAT_TOKEN_SECRET: "s".repeat(32) };
  assertStringIncludes(refusalOf({ CHAT_USER_HEADER: "X-User", ...both }), "CHAT_TOKEN_SECRET");
});

Deno.test("parseConfig() refuses a user header that has another meaning", () => {
  const parse = (name: string) =>
    parseConfig({ CHAT_USER_HEADER: name, CHAT_TRUST_PROXY: "1" }).userHeader;
  const bad = [
    ...["Host", "Cookie", "Origin", "CONNECTION", "upgrade", "Authorization", "User-Agent"],
    ...["Accept", "Accept-Language", "Content-Type", "Content-Length", "Sec-WebSocket-Key"],
    ...["Sec-Fetch-Site", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"],
    ...["Via", "X-Real-IP", "Referer", "Chat-Password", "Room-Password", "Idempotency-Key"],
  ];
  for (const name of bad) {
    assertEquals(
      assertThrows(() => parse(name), RangeError).message,
      "Cannot parse CHAT_USER_HEADER as it must be the name of a header without another meaning, " +
        `such as X-User: up to 64 letters, digits and -: current value is "${name}"`,
    );
  }
  const good = [
    ...["X-User", "Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Forwarded-Email", "From"],
    ...["X-Forwarded-Preferred-Username", "X-Auth-Request-User", "X-WebAuth-User", "SSL-Client-CN"],
    ...["Cf-Access-Authenticated-User-Email", "Tailscale-User-Login", "Host-User", "Cookie-User"],
  ];
  for (const name of good) assertEquals(parse(name), name.toLowerCase());
});

Deno.test("parseConfig() refuses bad ids, rooms, headers and secrets, and shows no secret", () => {
  const bad: [keyof Environment, string][] = [
    ["CHAT_ADMINS", "Ada"],
    ["CHAT_ADMINS", "k3v3q4x2abcd2345,k3v3q4x2abcd234"],
    ["CHAT_ROOMS", "a b"],
    ["CHAT_USER_HEADER", "x user"],
  ];
  for (const [name, value] of bad) {
    const message = refusalOf({ [name]: value, CHAT_TRUST_PROXY: "1" });
    assertStringIncludes(message, `Cannot parse ${name} `);
  }
  const secrets: [keyof Environment, string][] = [
    ["CHAT_PASSWORD", "hunter2".repeat(30)],
    ["CHAT_TOKEN_SECRET", "hunter2"],
  ];
  for (const [name, value] of secrets) {
    const message = refusalOf({ [name]: value });
    assert(message.startsWith(`Cannot parse ${name} `) && !message.includes("hunter2"), message);
  }
});

Deno.test("parseConfig() throws for a text that is no whole number, with variable and value", () => {
  const values = ["abc", "-1", "1.5", "1e3", "0x10", " 8", "8 ", "+8", "8,000", "٨", "NaN", "off"];
  for (const [name] of NUMBERS) {
    for (const value of values) {
      const message = refusalOf({ [name]: value });
      assert(
        message.startsWith(`Cannot parse ${name} as it must be a whole number from `),
        message,
      );
      assertStringIncludes(message, `"${value}"`);
    }
  }
});

Deno.test("parseConfig() throws for a number beyond every bound", () => {
  for (const [name] of NUMBERS) {
    const message = refusalOf({ [name]: "99999999999999999999" });
    assertStringIncludes(message, `Cannot parse ${name} `);
  }
});

Deno.test("parseConfig() accepts ports from 0 to 65535", () => {
  assertEquals(["0", "65535"].map((PORT) => parseConfig({ PORT }).port), [0, 65_535]);
  assertEquals(
    refusalOf({ PORT: "65536" }),
    'Cannot parse PORT as it must be a whole number from 0 to 65535: current value is "65536"',
  );
});

Deno.test("parseConfig() returns Infinity for 0 where 0 means no limit", () => {
  const { maxConnections, maxMemoryBytes, connectionsPerAddress, membersPerRoom } = parseConfig({
    CHAT_MAX_CONNECTIONS: "0",
    CHAT_MAX_MEMORY_MB: "0",
    CHAT_CONNECTIONS_PER_ADDRESS: "0",
    CHAT_MEMBERS_PER_ROOM: "0",
  });
  assertEquals([maxConnections, maxMemoryBytes, connectionsPerAddress, membersPerRoom], [
    Infinity,
    Infinity,
    Infinity,
    Infinity,
  ]);
});

Deno.test("parseConfig() accepts 0 for times, history and rates", () => {
  const table: [name: keyof Environment, set: Partial<Config>][] = [
    ["CHAT_JOIN_HISTORY", { joinHistory: 0 }],
    ["CHAT_LEAVE_GRACE_MS", { leaveGraceMs: 0 }],
    ["CHAT_DRAIN_MS", { drainMs: 0 }],
    ["CHAT_MESSAGE_BURST", { messageRate: { burst: 0, perSecond: 5 } }],
    ["CHAT_MESSAGES_PER_SECOND", { messageRate: { burst: 10, perSecond: 0 } }],
    ["CHAT_COMMANDS_PER_SECOND", { commandRate: { burst: 0, perSecond: 0 } }],
  ];
  for (const [name, set] of table) {
    assertEquals(parseConfig({ [name]: "0" }), { ...DEFAULTS, ...set }, name);
  }
});

Deno.test("parseConfig() throws for 0 where nothing would work with it", () => {
  const names = [
    "CHAT_ROOMS_PER_CONNECTION",
    "CHAT_MAX_ROOMS",
    "CHAT_HISTORY_SIZE",
    "CHAT_TEXT_LENGTH",
    "CHAT_FRAME_BYTES",
    "CHAT_HELLO_MS",
    "CHAT_HEARTBEAT_MS",
  ] as const;
  for (const name of names) assertStringIncludes(refusalOf({ [name]: "0" }), name);
});

Deno.test("frameBytesFor() of the default text length is the default frame length", () => {
  const { frameBytes, textLength } = parseConfig({});
  assertEquals(frameBytesFor(textLength), frameBytes);
});

Deno.test("parseConfig() accepts a metrics token of visible ASCII", () => {
  const visible = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join("");
  for (const token of ["x", visible, "x".repeat(256)]) {
    assertEquals(parseConfig({ CHAT_METRICS_TOKEN: token }).metricsToken, token);
  }
});

Deno.test("parseConfig() throws for any other metrics token, without showing it", () => {
  for (const bad of [" ", "a secret", "secret\n", "\tsecret", "sécret", "\x7f", "x".repeat(257)]) {
    assertEquals(
      refusalOf({ CHAT_METRICS_TOKEN: bad }),
      "Cannot parse CHAT_METRICS_TOKEN as it must be 1 to 256 visible ASCII characters without " +
        "spaces: current value is not shown",
    );
  }
});

Deno.test("parseConfig() parses hosts with and without ports, in any case", () => {
  const table: [value: string, hosts: [name: string, port?: number][]][] = [
    ["chat.example", [["chat.example"]]],
    [" Chat.Example. , ,[::1]:8000,", [["chat.example"], ["[::1]", 8000]]],
    ["192.0.2.1,localhost:80", [["192.0.2.1"], ["localhost", 80]]],
    [" , ", []],
  ];
  for (const [CHAT_HOSTS, hosts] of table) {
    const expected = hosts.map(([name, port]) => ({ name, port }));
    assertEquals(parseConfig({ CHAT_HOSTS }).hosts, expected, CHAT_HOSTS);
  }
});

Deno.test("parseConfig() throws for hosts that no request can name", () => {
  for (const bad of ["*", "https://chat.example", "a/b", "a b", "::1", "münchen.example", "a:b"]) {
    assertEquals(
      refusalOf({ CHAT_HOSTS: `chat.example, ${bad}` }),
      "Cannot parse CHAT_HOSTS as it must be hosts such as chat.example, 192.0.2.1:8000 or " +
        `[2001:db8::1]: current value is ${JSON.stringify(bad)}`,
    );
  }
});

Deno.test("parseConfig() throws for what the page or its headers can't carry", () => {
  const table: Readonly<Record<string, string[]>> = {
    CHAT_TITLE: [" ", "a\nb", "a\u202eb", "\ud800", "x".repeat(65)],
    CHAT_ACCENT: ["red", "#fff", "#12345g", "0a7d55", "#0a7d55; color: red"],
    CHAT_BASE_PATH: [
      "chat",
      "//",
      "/a//b/",
      "/../",
      "/./",
      "/.a",
      "/a b",
      "/a?b",
      '/a"',
      "/ü",
      `/${"a".repeat(199)}`,
    ],
    CHAT_FRAME_ANCESTORS: [
      "a.example",
      "none",
      "'self'",
      "ftp://a.example",
      "null",
      "https://a.example/path",
      "https://a;b.example",
      "https://a.*.example",
      "https://[::1]",
      "data:text/html",
    ],
  };
  for (const [variable, values] of Object.entries(table)) {
    for (const value of values) {
      const message = refusalOf({ [variable]: value });
      assertStringIncludes(message, `Cannot parse ${variable} as it must be `);
      assertStringIncludes(message, JSON.stringify(value));
    }
  }
});

Deno.test("parseConfig() throws for a variable that does not exist, and names the nearest", () => {
  const table: [name: string, nearest: string][] = [
    ["CHAT_METRIC_TOKEN", "CHAT_METRICS_TOKEN"],
    ["CHAT_LGO", "CHAT_LOG"],
    ["CHAT_log", "CHAT_LOG"],
    ["CHAT_MAXCONNECTIONS", "CHAT_MAX_CONNECTIONS"],
    ["CHAT_CONNECTIONS_PER_ADRESS", "CHAT_CONNECTIONS_PER_ADDRESS"],
    ["CHAT_PORT", "PORT"],
    ["CHAT_HOST", "HOST"],
    ["CHAT_PASSWORT", "CHAT_PASSWORD"],
  ];
  for (const [name, nearest] of table) {
    assertEquals(
      refusalOf({ [name]: "secret" }),
      `Cannot use "${name}" as there is no such variable: the nearest one is ${nearest}`,
    );
  }
  assertEquals(refusalOf({ "CHAT_\n": "secret" }).includes("\n"), false);
});

Deno.test("parseConfig() takes the path or URL of a KV, and shows no secret of a bad one", () => {
  const kvOf = (CHAT_KV: string, isDenoDeploy = false) =>
    parseConfig({ CHAT_KV }, { isDenoDeploy }).kv;
  assertEquals(kvOf(""), undefined);
  assertEquals(kvOf("", true), { path: undefined });
  assertEquals(kvOf("none", true), undefined);
  assertEquals(kvOf("app"), { path: undefined });
  for (
    const path of [":memory:", "data/kv.sqlite3", "C:\\kv", "https://api.deno.com/databases/x"]
  ) {
    assertEquals(kvOf(path, true), { path });
  }
  for (
    const bad of ["https://me:secret@kv.example/", "https://kv.example/?t=secret", "redis://secret"]
  ) {
    const refusal = refusalOf({ CHAT_KV: bad });
    assertEquals([refusal.startsWith("Cannot parse CHAT_KV"), refusal.includes("secret")], [
      true,
      false,
    ]);
  }
  const both = { CHAT_KV: "kv", CHAT_REDIS: "redis://localhost" };
  assertEquals(refusalOf(both), "Cannot use CHAT_KV together with CHAT_REDIS");
  assertEquals(parseConfig({ CHAT_REDIS: both.CHAT_REDIS }, { isDenoDeploy: true }).kv, undefined);
  assertEquals(
    refusalOf({ CHAT_KV: "kv", CHAT_TEXT_LENGTH: "100001" }),
    "Cannot use CHAT_TEXT_LENGTH=100001 with a Deno KV: at most 100000",
  );
});

Deno.test("parseConfig() takes the URL of a Redis, and shows no password of a bad one", () => {
  const { redisUrl, redisWait } = parseConfig({
    CHAT_REDIS: "rediss://user:p%40%23%2F@[::1]:6380/2",
    CHAT_REDIS_WAIT: "1",
  });
  assertEquals([`${redisUrl}`, redisUrl?.password, redisWait], [
    "rediss://[::1]:6380/2",
    "p@#/",
    1,
  ]);
  assertEquals(parseConfig({}).redisUrl, undefined);
  for (const bad of ["http://user:secret@host", "redis://user:se#cret@host", "secret"]) {
    const message = refusalOf({ CHAT_REDIS: bad });
    assertMatch(message, /^Cannot parse CHAT_REDIS as it must be redis:\/\/ .* is not shown$/);
    assertEquals(message.includes("cret"), false);
  }
  assertEquals(
    refusalOf({ CHAT_REDIS_WAIT: "1" }),
    "Cannot use CHAT_REDIS_WAIT without CHAT_REDIS",
  );
});

Deno.test("parseConfig() takes a folder for messages, or none", () => {
  const table = [
    ["none", undefined],
    ["/srv/chat", "/srv/chat"],
    ["file:chat", "./file:chat"],
    ["", "data"],
  ] as const;
  for (const [CHAT_DATA, folder] of table) {
    assertEquals(parseConfig({ CHAT_DATA }).dataFolder, folder);
  }
  assertEquals(parseConfig({}, { isDenoDeploy: true }).dataFolder, undefined);
  assertEquals(parseConfig({ CHAT_DATA: "x" }, { isDenoDeploy: true }).dataFolder, "x");
});

Deno.test("parseConfig() takes what an acknowledged message survives", () => {
  assertEquals(parseConfig({ CHAT_SYNC: "normal" }).durability, "normal");
  assertEquals(
    refusalOf({ CHAT_SYNC: "off" }),
    'Cannot parse CHAT_SYNC as it must be one of full, normal: current value is "off"',
  );
});

Deno.test("parseConfig() ignores variables of other programs and empty ones", () => {
  const others = { PATH: "/bin", CHATTER: "1", chat_log: "x", MY_CHAT_LOG: "x" };
  const empty = { CHAT_PASSWORD: "", CHAT_LGO: "" };
  const environment: Readonly<Record<string, string>> = { ...others, ...empty };
  assertEquals(parseConfig(environment), DEFAULTS);
});

Deno.test("parseConfig() takes the default of CHAT_MAX_MEMORY_MB from the platform", () => {
  const MIB = 1_048_576;
  const platform = { cgroupBytes: 512 * MIB };
  assertEquals(parseConfig({}, platform), {
    ...DEFAULTS,
    maxMemoryBytes: 256 * MIB,
    historyBytes: 64 * MIB,
    receiptBytes: 64 * MIB,
  });
  assertEquals(parseConfig({}, { isDenoDeploy: true }).maxMemoryBytes, 200 * MIB);
  const set = [["2000", 2000 * MIB], ["0", Infinity]] as const;
  for (const [CHAT_MAX_MEMORY_MB, bytes] of set) {
    assertEquals(parseConfig({ CHAT_MAX_MEMORY_MB }, platform).maxMemoryBytes, bytes);
  }
});

Deno.test("parseConfig() throws a message of one line for every value", () => {
  for (const name of ["PORT", "CHAT_HOSTS", "CHAT_ALLOWED_ORIGINS", "CHAT_LOG"]) {
    const message = refusalOf({ [name]: "one\ntwo" });
    assertEquals(message.includes("\n"), false, name);
  }
});
