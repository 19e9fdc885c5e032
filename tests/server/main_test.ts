import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { Client, RawClient } from "../support/clients.ts";
import {
  ANY_PORT,
  copyOfProject,
  type Exit,
  serverArgs,
  ServerProcess,
  UNLIMITED,
} from "../support/server_process.ts";
import { within } from "../support/deadline.ts";
import { frame, Opcode } from "../support/frames.ts";
import { handshake, health, HOST, request } from "../support/tcp_connection.ts";

/** A line of the log. */
interface Line {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** The lines of the log, each of which must be JSON. */
function linesOf(stdout: string): Line[] {
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("main exits with 1 and one line that names a bad value", async (t) => {
  const bad: [string, string, RegExp][] = [
    ["PORT", "65536", /0 (to|-) 65535/],
    ["PORT", "http", /0 (to|-) 65535/],
    ["CHAT_LOG", "loud", /debug.*silent/],
    ["CHAT_ALLOWED_ORIGINS", "chat.example", /https?:\/\//],
    ["CHAT_STUCK_MS", "-1", /\d+ (to|-) \d+/],
    ["CHAT_FRAME_BYTES", "16k", /\d+ (to|-) \d+/],
    ["CHAT_HELLO_MS", "1\n2", /\d+ (to|-) \d+/],
  ];
  for (const [variable, value, allowed] of bad) {
    await t.step(`${variable}=${JSON.stringify(value)}`, async () => {
      const environment = { ...ANY_PORT, [variable]: value };
      await using process = await ServerProcess.start({ environment });
      const { code, stdout, stderr } = await process.exit();
      assertEquals({ code, stdout }, { code: 1, stdout: "" });
      assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
      assertStringIncludes(stderr, variable);
      assertStringIncludes(stderr, JSON.stringify(value).slice(1, -1));
      assertMatch(stderr, allowed);
    });
  }
});

Deno.test("main warns if frames are too small for some texts", async () => {
  const environment = { ...ANY_PORT, CHAT_TEXT_LENGTH: "5000" };
  await using process = await ServerProcess.start({ environment });
  await process.port();
  process.kill("SIGKILL");
  const [warning] = linesOf((await process.exit()).stdout);
  assertEquals(warning?.event, "frames_too_small_for_texts");
  const figures = ["CHAT_FRAME_BYTES", "CHAT_TEXT_LENGTH", "needed"].map((each) => warning?.[each]);
  assertEquals(figures, [16_384, 5000, 20_384]);
});

Deno.test("main exits with 1 at a bad CHAT_METRICS_TOKEN without showing it", async () => {
  const environment = { ...ANY_PORT, CHAT_METRICS_TOKEN: "not quite a secret" };
  await using process = await ServerProcess.start({ environment });
  const { code, stdout, stderr } = await process.exit();
  assertEquals({ code, stdout }, { code: 1, stdout: "" });
  assertMatch(stderr, /^Cannot parse CHAT_METRICS_TOKEN as it must be .*\n$/);
  assert(!stderr.includes("secret"), stderr);
});

Deno.test("main listens on any free port with PORT=0, and logs which in a line of JSON", async () => {
  await using process = await ServerProcess.start({ environment: ANY_PORT });
  const port = await process.port();
  assertEquals((await health(port)).status, "ok");
  process.kill("SIGTERM");
  const [line] = linesOf((await process.exit()).stdout);
  assertEquals(line?.event, "listening");
  assertEquals(line?.["port"], port);
});

Deno.test("main exits with 1 and one line if the port is in use", async () => {
  using listener = Deno.listen({ hostname: ANY_PORT.HOST, port: 0 });
  const environment = { ...ANY_PORT, PORT: `${listener.addr.port}` };
  await using process = await ServerProcess.start({ environment });
  const { code, stdout, stderr } = await process.exit();
  const lines = `${stdout}${stderr}`.trimEnd().split("\n");
  assertEquals({ code, lines: lines.length }, { code: 1, lines: 1 }, stderr);
  assertStringIncludes(lines[0] ?? "", `${listener.addr.port}`);
  assertStringIncludes(lines[0] ?? "", "Another process uses the port");
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  Deno.test(`main sends bye to all clients on ${signal}, and exits with 0 when they are gone`, async () => {
    const environment = { ...ANY_PORT, CHAT_DRAIN_MS: "600000" };
    await using process = await ServerProcess.start({ environment });
    const port = await process.port();
    await using ada = await Client.open(port);
    await using silent = await Client.open(port);
    await ada.hello("Ada");
    process.kill(signal);
    for (const client of [ada, silent]) {
      const { retryMs } = await client.next("bye");
      assert(Number.isInteger(retryMs) && retryMs >= 0, `retryMs: ${retryMs}`);
      assertEquals((await client.closed()).code, 1001);
    }
    assertEquals((await process.exit()).code, 0);
  });
}

/** More may be said than the buffers of the operating system take. */
const MUCH = {
  ...ANY_PORT,
  CHAT_TEXT_LENGTH: "100000",
  CHAT_FRAME_BYTES: "400384",
  CHAT_MESSAGE_BURST: "0",
  CHAT_COMMANDS_PER_SECOND: "0",
  CHAT_SEND_BUFFER_BYTES: "1073741824",
};
const MANY_MESSAGES = 150;

/** Connects a client that does not read what it is told, and says much. */
async function deafClient(port: number): Promise<RawClient> {
  using writer = await RawClient.open(port);
  await writer.hello("Ada");
  await writer.join("lobby");
  const deaf = await RawClient.open(port);
  await deaf.hello("Bob");
  await deaf.join("lobby");
  for (let i = 0; i < MANY_MESSAGES; i++) await writer.send("lobby", "x".repeat(100_000));
  return deaf;
}

/** Waits until nothing listens on a port. */
async function givenUp(port: number): Promise<void> {
  const isOpen = async () => {
    try {
      (await Deno.connect({ hostname: ANY_PORT.HOST, port })).close();
      return true;
    } catch {
      return false;
    }
  };
  while (await isOpen()) await delay(20);
}

Deno.test("main exits with 0 after CHAT_DRAIN_MS even if a client reads nothing", async () => {
  await using process = await ServerProcess.start({
    environment: { ...MUCH, CHAT_DRAIN_MS: "300" },
  });
  using _deaf = await deafClient(await process.port());
  process.kill("SIGTERM");
  assertEquals((await process.exit()).code, 0);
});

Deno.test("main gives up its port, lets a slow client read everything, and exits with 1 at a later signal", async () => {
  await using process = await ServerProcess.start({
    environment: { ...MUCH, CHAT_DRAIN_MS: "600000" },
  });
  const port = await process.port();
  using deaf = await deafClient(port);
  const firstAt = performance.now();
  process.kill("SIGINT");
  // The same request, as through a task.
  process.kill("SIGINT");
  process.kill("SIGTERM");
  await within(givenUp(port), "the port to be given up");
  assertEquals((await deaf.closed()).code, 1001);
  const types = deaf.events.map(({ type }) => type);
  assertEquals(types.filter((type) => type === "message").length, MANY_MESSAGES);
  assertEquals(types.at(-1), "bye");
  let isOver = false;
  const exited = process.exit().finally(() => isOver = true);
  for (let again = 0; !isOver; again++) {
    try {
      process.kill(again % 2 === 0 ? "SIGINT" : "SIGTERM");
    } catch {
      // It has ended just now.
    }
    await Promise.race([exited, delay(50)]);
  }
  assertEquals((await exited).code, 1);
  assert(performance.now() - firstAt >= 1000, "It exited at a signal within a second");
});

Deno.test("main logs neither messages nor keys nor its own token", async () => {
  const environment = { ...ANY_PORT, CHAT_LOG: "debug", CHAT_METRICS_TOKEN: "secret-token" };
  await using process = await ServerProcess.start({ environment });
  const port = await process.port();
  const key = "secret-key-of-Ada";
  using ada = await RawClient.open(port);
  await ada.hello("Ada", key);
  await ada.join("lobby");
  await ada.send("lobby", "secret-text");
  await ada.ask("error", { type: "send", room: "elsewhere", text: "secret-text" });
  await ada.ask("error", { type: "hello", name: "Ada", key });
  await ada.write(frame(Opcode.TEXT, `secret-text that is no JSON`));
  await ada.next("error", ({ ref }) => ref === undefined);
  await ada.write(frame(Opcode.BINARY, `{"type":"send","text":"secret-text","key":"${key}"}`));
  await ada.closed();
  ada.destroy();
  const refused = handshake({ origin: "https://evil.example", cookie: key });
  await request(port, "GET", `/ws?key=${key}`, refused);
  await request(port, "GET", `/secret-text?key=${key}`);
  for (const token of ["secret-token", "secret-token-of-another"]) {
    await request(port, "GET", "/metrics", { authorization: `Bearer ${token}` });
  }
  const headers = { "room-password": "secret-text", "idempotency-key": "secret-text" };
  for (const path of ["messages", `messages?key=${key}`, `slack?key=${key}`, `events?key=${key}`]) {
    const url = `http://${HOST}:${port}/api/rooms/lobby/${path}`;
    const sent = path.startsWith("events") ? {} : { method: "POST", body: "secret-text" };
    const authorization = `Bearer ${key}`;
    const { body } = await fetch(url, { ...sent, headers: { ...headers, authorization } });
    await body?.cancel();
  }
  process.kill("SIGTERM");
  const { stdout, stderr } = await process.exit();
  assert(linesOf(stdout).some(({ event }) => event === "upgrade_refused"), stdout);
  assert(linesOf(stdout).some(({ event }) => event === "stream_closed"), stdout);
  assertEquals(/secret-(key|text|token)/.exec(stdout + stderr)?.[0], undefined);
});

Deno.test("main logs uncaught errors with their stack, and goes on", async () => {
  const mistakes = `addEventListener("load", () => {
    setTimeout(() => { throw new Error("first mistake") }, 0);
    setTimeout(() => { Promise.reject(new Error("second mistake")) }, 0);
  })`;
  const preload = `--preload=data:application/javascript,${encodeURIComponent(mistakes)}`;
  const args = (await serverArgs()).toSpliced(1, 0, preload);
  await using process = await ServerProcess.start({ environment: ANY_PORT, args });
  using client = await RawClient.open(await process.port());
  await client.hello("Ada");
  client.destroy();
  process.kill("SIGTERM");
  const { code, stdout, stderr } = await process.exit();
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const errors = linesOf(stdout).filter(({ event }) => event === "uncaught");
  assertEquals(errors.map(({ level }) => level), ["error", "error"]);
  assertMatch(`${errors[0]?.["error"]}`, /first mistake\n +at /);
  assertMatch(`${errors[1]?.["error"]}`, /second mistake\n +at /);
});

Deno.test("task start reads .env, and the environment wins over it", async () => {
  await using project = await copyOfProject();
  const { cwd } = project;
  await Deno.writeTextFile(`${cwd}/.env`, "PORT=0\nHOST=127.0.0.1\nCHAT_HEARTBEAT_MS=1234\n");
  const args = ["task", "--quiet", "start"];
  for (const [CHAT_HEARTBEAT_MS, expected] of [[undefined, 1234], ["4321", 4321]] as const) {
    const environment = CHAT_HEARTBEAT_MS === undefined ? {} : { CHAT_HEARTBEAT_MS };
    await using process = await ServerProcess.start({ cwd, args, environment });
    using client = await RawClient.open(await process.port());
    assertEquals((await client.hello("Ada")).heartbeatMs, expected);
    client.destroy();
    process.kill("SIGTERM");
    const { stdout } = await process.exit();
    assertEquals(linesOf(stdout).at(-1)?.event, "stopped");
  }
});

/** The end of a start task with an environment and a `.env` file that it must not start with. */
async function failedStart(
  environment: Readonly<Record<string, string>>,
  makeEnvFile?: (path: string) => Promise<void>,
): Promise<Exit> {
  await using project = await copyOfProject();
  const { cwd } = project;
  await makeEnvFile?.(`${cwd}/.env`);
  const args = ["task", "--quiet", "start"];
  await using process = await ServerProcess.start({ cwd, args, environment });
  const isListening = await process.port().then(() => true, () => false);
  // The task passes it on, unlike what would end it alone.
  if (isListening) process.kill("SIGTERM");
  return await process.exit();
}

Deno.test("task start exits with one line if .env can't be read", async (t) => {
  const faults: Readonly<Record<string, (path: string) => Promise<void>>> = {
    "a folder": (path) => Deno.mkdir(path),
    "a link to nothing": (path) => Deno.symlink("missing", path),
    "UTF-16, as PowerShell writes it": (path) =>
      Deno.writeFile(path, new Uint8Array(new Uint16Array([0xfeff, 0x0041, 0x003d]).buffer)),
  };
  for (const [what, makeEnvFile] of Object.entries(faults)) {
    await t.step(what, async () => {
      const { code, stdout, stderr } = await failedStart(ANY_PORT, makeEnvFile);
      assertEquals({ code, stdout }, { code: 1, stdout: "" });
      assertMatch(stderr, /^Cannot read \.env: .+\n$/);
    });
  }
});

Deno.test("task start exits with one line that names an unknown variable", async (t) => {
  const table: [variable: string, line: RegExp][] = [
    ["CHAT_METRIC_TOKEN", /^[^\n]*"CHAT_METRIC_TOKEN"[^\n]* CHAT_METRICS_TOKEN\n$/],
    ["CHAT_PORT", /^[^\n]*"CHAT_PORT"[^\n]* PORT\n$/],
    ["CHAT_REDIS", /^Cannot parse CHAT_REDIS [^\n]* is not shown\n$/],
  ];
  for (const [variable, line] of table) {
    await t.step(variable, async () => {
      const { code, stdout, stderr } = await failedStart({ ...ANY_PORT, [variable]: "a secret" });
      assertEquals({ code, stdout }, { code: 1, stdout: "" });
      assertMatch(stderr, line);
      assert(!stderr.includes("a secret"), stderr);
    });
  }
  await t.step("in .env", async () => {
    const makeEnvFile = (path: string) => Deno.writeTextFile(path, "CHAT_LGO=debug\n");
    const { code, stderr } = await failedStart(ANY_PORT, makeEnvFile);
    assertEquals(code, 1);
    assertMatch(stderr, /^[^\n]*"CHAT_LGO"[^\n]* CHAT_LOG\n$/);
  });
});

Deno.test("task start uses the values of .env unchanged, and warns of ignored lines", async () => {
  await using project = await copyOfProject();
  const { cwd } = project;
  const text = "\uFEFFCHAT_METRICS_TOKEN=a$b#c\n# A comment\nCHAT_LOG: secret\n";
  await Deno.writeTextFile(`${cwd}/.env`, text);
  const args = ["task", "--quiet", "start"];
  await using process = await ServerProcess.start({ cwd, args, environment: ANY_PORT });
  const port = await process.port();
  const statuses = await Promise.all(["a$b#c", "a", "a#c"].map(async (token) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await request(port, "GET", "/metrics", headers)).status;
  }));
  assertEquals(statuses, [200, 401, 401]);
  process.kill("SIGTERM");
  const { stdout } = await process.exit();
  const warnings = linesOf(stdout).filter(({ level }) => level === "warn");
  assertEquals(warnings.map(({ event, line }) => [event, line]), [
    ["env_file_byte_order_mark", undefined],
    ["env_file_line_ignored", 3],
  ]);
  assert(!stdout.includes("secret"), stdout);
});

Deno.test("main logs a URL that can be opened for an IPv6 address", async () => {
  await using process = await ServerProcess.start({ environment: { PORT: "0", HOST: "::1" } });
  const port = await process.port();
  process.kill("SIGTERM");
  const [line] = linesOf((await process.exit()).stdout);
  assertEquals(line?.["url"], `http://[::1]:${port}/`);
});

const MESSAGES = 20;

/** The number of writev calls of a server while it delivers some messages. */
async function writevCalls(environment: Readonly<Record<string, string>>): Promise<number> {
  const trace = await Deno.makeTempFile();
  try {
    await using process = await ServerProcess.start({
      environment: { ...ANY_PORT, ...UNLIMITED, ...environment, TRACE: trace },
      // -D: the server keeps the process id that signals go to.
      script: 'exec strace -D -f -e trace=writev -o "$TRACE" "$@"',
    });
    using client = await RawClient.open(await process.port());
    await client.hello("Ada");
    await client.join("lobby");
    // The runtime copies a frame of up to 1,024 bytes all the same.
    for (let i = 0; i < MESSAGES; i++) await client.send("lobby", "x".repeat(2000));
    client.destroy();
    process.kill("SIGTERM");
    await process.exit();
    return (await Deno.readTextFile(trace)).match(/\bwritev\(/g)?.length ?? 0;
  } finally {
    await Deno.remove(trace);
  }
}

/** Whether processes can be traced here. */
function hasStrace(): boolean {
  try {
    return new Deno.Command("strace", { args: ["-o", "/dev/null", "true"], stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

const noStrace = !hasStrace();

Deno.test({
  name: `main makes the runtime write frames without a copy, unless the environment forbids it${
    noStrace ? " (ignored: install strace, and let it trace, to run it)" : ""
  }`,
  ignore: noStrace,
  async fn() {
    const calls = await writevCalls({});
    assert(calls >= MESSAGES, `${calls} calls of writev for ${MESSAGES} messages`);
    assertEquals(await writevCalls({ DENO_USE_WRITEV: "" }), 0);
  },
});

Deno.test("main logs the memory limit, which is less on Deno Deploy", async (t) => {
  const table: [environment: Record<string, string>, maxMemoryMb: number][] = [
    [{ DENO_DEPLOYMENT_ID: "a1b2" }, 200],
    [{ DENO_DEPLOYMENT_ID: "a1b2", CHAT_MAX_MEMORY_MB: "300" }, 300],
    [{ CHAT_MAX_MEMORY_MB: "0" }, 0],
  ];
  for (const [environment, maxMemoryMb] of table) {
    await t.step(JSON.stringify(environment), async () => {
      const options = { environment: { ...ANY_PORT, ...environment } };
      await using process = await ServerProcess.start(options);
      await process.port();
      process.kill("SIGTERM");
      const [line] = linesOf((await process.exit()).stdout);
      assertEquals(line?.["maxMemoryMb"], maxMemoryMb);
    });
  }
});
