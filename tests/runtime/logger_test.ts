import { assertEquals } from "@std/assert";
import type { LogLevel } from "../../chat/config/parsers.ts";
import { createLogger, type Logger, type LoggerOptions } from "../../chat/runtime/logger.ts";

const NOW = Date.UTC(2026, 8, 10, 12, 5, 9, 454);

/** What is written when `use` logs. */
function linesOf(options: Partial<LoggerOptions>, use: (log: Logger) => void): string[] {
  const lines: string[] = [];
  use(createLogger({
    level: "debug",
    json: false,
    now: () => NOW,
    write: (line) => lines.push(line),
    ...options,
  }));
  return lines;
}

Deno.test("createLogger() writes JSON lines for machines", () => {
  const lines = linesOf({ json: true }, (log) => {
    log("info", "listening", { port: 8000, secure: false, url: 'http://a/?"' });
    log("error", "failed");
  });
  assertEquals(lines, [
    '{"time":"2026-09-10T12:05:09.454Z","level":"info","event":"listening",' +
    '"port":8000,"secure":false,"url":"http://a/?\\""}',
    '{"time":"2026-09-10T12:05:09.454Z","level":"error","event":"failed"}',
  ]);
});

Deno.test("createLogger() writes lines of text for people", () => {
  const lines = linesOf({}, (log) => {
    log("info", "listening", { hostname: "0.0.0.0", port: 8000, url: "http://localhost:8000/" });
    log("warn", "refused", { status: 403, ok: false, reason: "Not you", none: "", sign: 'a="b"' });
    log("error", "failed");
  });
  assertEquals(lines, [
    "12:05:09 info listening hostname=0.0.0.0 port=8000 url=http://localhost:8000/",
    '12:05:09 warn refused status=403 ok=false reason="Not you" none="" sign="a=\\"b\\""',
    "12:05:09 error failed",
  ]);
});

Deno.test("createLogger() drops events below its level", () => {
  const table: [level: LogLevel, events: string][] = [
    ["debug", "debug info warn error"],
    ["info", "info warn error"],
    ["warn", "warn error"],
    ["error", "error"],
    ["silent", ""],
  ];
  for (const [level, events] of table) {
    for (const json of [true, false]) {
      const lines = linesOf({ level, json }, (log) => {
        for (const severity of ["debug", "info", "warn", "error"] as const) log(severity, "x");
      });
      assertEquals(lines.length, events === "" ? 0 : events.split(" ").length, level);
    }
  }
});

const HOSTILE = ["a\nb", "a\rb", "\n", "a\r\n12:00:00 info fake", "a b=c", '"', "\\", "\u001b[2J"];

Deno.test("createLogger() quotes values of clients", () => {
  for (const value of HOSTILE) {
    const [line = ""] = linesOf({}, (log) => log("warn", "refused", { value, next: 1 }));
    const quoted = /^12:05:09 warn refused value=(".*") next=1$/.exec(line)?.[1];
    assertEquals(JSON.parse(quoted ?? "null"), value, line);
  }
});

Deno.test("createLogger() keeps values of clients within one JSON line", () => {
  for (const value of HOSTILE) {
    const [line = ""] = linesOf({ json: true }, (log) => log("warn", "refused", { value }));
    assertEquals([line.includes("\n"), JSON.parse(line).value], [false, value]);
  }
});

Deno.test("createLogger() escapes control characters and line separators", () => {
  for (const value of [...HOSTILE, "a\u0085b", "a\u009b2Jb", "a\u007fb", "a\u2028b", "a\u2029b"]) {
    const [line = ""] = linesOf({}, (log) => log("warn", "refused", { value }));
    assertEquals(/[\p{Cc}\p{Zl}\p{Zp}]/u.test(line), false, JSON.stringify(line));
  }
});

Deno.test("createLogger() limits the lines of an event, and then writes how many it omitted", () => {
  let now = NOW;
  const lines = linesOf({ now: () => now }, (log) => {
    for (let i = 0; i < 1000; i++) log("warn", "refused");
    log("info", "other");
    now += 200;
    log("warn", "refused", { status: 429 });
    log("warn", "refused");
    now += 200;
    log("warn", "refused");
  });
  assertEquals(lines.slice(99), [
    "12:05:09 warn refused",
    "12:05:09 info other",
    "12:05:09 warn refused status=429 omitted=900",
    "12:05:09 warn refused omitted=1",
  ]);
});
