import { assertEquals, assertThrows } from "@std/assert";
import { type CommandLine, parseCommandLine } from "../../chat/config/command_line.ts";
import { parseConfig } from "../../chat/config/config.ts";

const SERVE = { action: "serve", flags: {}, wait: false } as const;

Deno.test("parseCommandLine() returns the variables that flags set, the last value of each", () => {
  const table: [args: string[], commandLine: CommandLine][] = [
    [[], SERVE],
    [["--port", "9000"], { ...SERVE, flags: { PORT: "9000" } }],
    [["--port=1", "--port=2"], { ...SERVE, flags: { PORT: "2" } }],
    [["--host=::1", "--data", "/srv/chat"], {
      ...SERVE,
      flags: { HOST: "::1", CHAT_DATA: "/srv/chat" },
    }],
    [["--data=-x"], { ...SERVE, flags: { CHAT_DATA: "-x" } }],
    [["--wait"], { ...SERVE, wait: true }],
    [["--wait", "--wait", "--port=0"], { action: "serve", flags: { PORT: "0" }, wait: true }],
    [["--", "--port", "9000"], { ...SERVE, flags: { PORT: "9000" } }],
  ];
  for (const [args, expected] of table) assertEquals(parseCommandLine(args), expected);
});

Deno.test("parseCommandLine() shows help or the version, whatever else is there", () => {
  const table: [args: string[], action: string][] = [
    [["--help"], "help"],
    [["-h"], "help"],
    [["--version"], "version"],
    [["-V"], "version"],
    [["--version", "--help"], "help"],
    [["--port=x", "--nonsense", "--help"], "help"],
    [["--port", "--version"], "version"],
  ];
  for (const [args, action] of table) assertEquals(parseCommandLine(args), { action }, `${args}`);
});

Deno.test("parseCommandLine() throws one line for what can't be used", () => {
  const unknown = (flag: string, nearest: string) =>
    `Cannot use ${flag} as there is no such flag: the nearest one is ${nearest}`;
  const table: [args: string[], message: string][] = [
    [["--prot", "1"], unknown('"--prot"', "--port")],
    [["--hots=1"], unknown('"--hots"', "--host")],
    [["--no-wait"], unknown('"--no-wait"', "--wait")],
    [["-p", "1"], unknown('"-p"', "--port")],
    [["--__proto__"], unknown('"--__proto__"', "--port")],
    [["--constructor=1"], unknown('"--constructor"', "--port")],
    [["--a\nb"], unknown('"--a\\nb"', "--data")],
    [["--port"], "Cannot use --port without a value, such as in --port=VALUE"],
    [["--port="], "Cannot use --port without a value, such as in --port=VALUE"],
    [["--port", ""], "Cannot use --port without a value, such as in --port=VALUE"],
    [["--data", "--wait"], "Cannot use --data without a value, such as in --data=VALUE"],
    [["--wait=1"], "Cannot use --wait with a value"],
    [["9000"], 'Cannot use "9000": only flags can be used, see --help'],
    [["--wait", "9000"], 'Cannot use "9000": only flags can be used, see --help'],
    [["--", "--", "a\n"], 'Cannot use "a\\n": only flags can be used, see --help'],
  ];
  for (const [args, message] of table) {
    assertThrows(() => parseCommandLine(args), RangeError, message);
    assertEquals(message.includes("\n"), false);
  }
});

Deno.test("parseConfig() takes a flag before its variable, and names it if its value is bad", () => {
  const { port, hostname, dataFolder } = parseConfig(
    { PORT: "x", HOST: "::1", CHAT_DATA: "a" },
    { isDenoDeploy: true },
    { PORT: "9000", CHAT_DATA: "b" },
  );
  assertEquals({ port, hostname, dataFolder }, { port: 9000, hostname: "::1", dataFolder: "b" });
  assertThrows(
    () => parseConfig({ PORT: "1" }, {}, { PORT: "65536" }),
    RangeError,
    'Cannot parse --port as it must be a whole number from 0 to 65535: current value is "65536"',
  );
});
