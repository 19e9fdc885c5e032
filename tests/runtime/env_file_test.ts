import { assertEquals } from "@std/assert";
import { parseEnvFile } from "../../chat/runtime/env_file.ts";

Deno.test("parseEnvFile() reads a variable in each line", () => {
  const table: [line: string, value: string][] = [
    ["A=1", "1"],
    ["A=", ""],
    ["  A = spaces within  ", "spaces within"],
    ["export A=1", "1"],
    ["export\tA=1", "1"],
    ["A=a=b", "a=b"],
    ["A=a$b#c", "a$b#c"],
    ["A=${HOME}\\n", "${HOME}\\n"],
    ["A=1 # a comment", "1"],
    ["A=1\t# a comment # with another", "1"],
    ["A=# no comment", "# no comment"],
    ["A= # a comment", ""],
    ['A="1"', "1"],
    ["A='1' # a comment", "1"],
    ['A = "  # $x \\ \'  "', "  # $x \\ '  "],
    ["A='a\"b'", 'a"b'],
    ['A=""', ""],
    ['A=5" and 6"', '5" and 6"'],
    ["A=é😀\u2028", "é😀"],
  ];
  for (const [line, value] of table) {
    const { variables, ignoredLines } = parseEnvFile(line);
    assertEquals([variables, ignoredLines], [{ A: value }, []], line);
  }
});

Deno.test("parseEnvFile() ignores lines that are no assignment, and returns their numbers", () => {
  const lines = [
    "A",
    "A: 1",
    "=1",
    "1A=1",
    "A-B=1",
    "two words=1",
    'A="1',
    "A='",
    'A="1" 2',
    'A="1"2"',
  ];
  const { variables, ignoredLines } = parseEnvFile(["B=2", ...lines, "C=3"].join("\n"));
  assertEquals(variables, { B: "2", C: "3" });
  assertEquals(ignoredLines, lines.map((_, i) => i + 2));
});

Deno.test("parseEnvFile() skips comments and blank lines, with any line end", () => {
  const { variables, ignoredLines } = parseEnvFile(
    "# A=1\r\n\r\n  # no = more\r\nB=2\r\nC='3'\r\n \n",
  );
  assertEquals([variables, ignoredLines], [{ B: "2", C: "3" }, []]);
});

Deno.test("parseEnvFile() returns the last value of a name", () => {
  assertEquals(parseEnvFile("A=1\nB=2\nA=3").variables, { A: "3", B: "2" });
});

Deno.test("parseEnvFile() skips and reports a byte-order mark", () => {
  assertEquals(parseEnvFile("\uFEFFA=1\nB=2"), {
    variables: { A: "1", B: "2" },
    ignoredLines: [],
    hasByteOrderMark: true,
  });
  assertEquals(parseEnvFile("A=1").hasByteOrderMark, false);
});

Deno.test("parseEnvFile() treats names of Object.prototype like other names", () => {
  const { variables } = parseEnvFile("__proto__=1\nconstructor=2");
  assertEquals(Object.entries(variables), [["__proto__", "1"], ["constructor", "2"]]);
});
