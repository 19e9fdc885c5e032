import { assertEquals } from "@std/assert";
import { type Token, tokenize } from "../static/format.js";

/** "text", <link>, [code], {fence} and *mention*, in short. */
function sketch(tokens: Token[]): string {
  const marks = {
    text: ["", ""],
    mention: ["*", "*"],
    link: ["<", ">"],
    code: ["[", "]"],
    fence: ["{", "}"],
  };
  return tokens.map(({ type, text }) => marks[type].join(text)).join("");
}

const CASES: Record<string, [text: string, sketch: string][]> = {
  "leaves plain text as it is": [
    ["", ""],
    ["a\n b\n\nc", "a\n b\n\nc"],
    ["<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"],
  ],
  "finds http and https links": [
    ["see https://deno.com/a?b=c#d now", "see <https://deno.com/a?b=c#d> now"],
    ["http://localhost:8000", "<http://localhost:8000>"],
    ["HTTPS://EXAMPLE.ORG", "<HTTPS://EXAMPLE.ORG>"],
    ["https://a.example,https://b.example", "<https://a.example,https://b.example>"],
  ],
  "makes no link of any other scheme": [
    ["javascript:alert(1)", "javascript:alert(1)"],
    ["data:text/html,x", "data:text/html,x"],
    ["file:///etc/passwd ftp://a", "file:///etc/passwd ftp://a"],
    ["xhttps://a.example", "xhttps://a.example"],
    ["https:// http://[", "https:// http://["],
  ],
  "leaves the punctuation of the sentence out of a link": [
    ["(https://a.example/b).", "(<https://a.example/b>)."],
    ["https://a.example/b_(c) d", "<https://a.example/b_(c)> d"],
    ["<https://a.example/>!", "<<https://a.example/>>!"],
    ['"https://a.example"?', '"<https://a.example>"?'],
  ],
  "ends a link at characters that turn the direction of text": [
    ["https://a.example/\u202egnp.exe", "<https://a.example/>\u202egnp.exe"],
  ],
  "finds code, in which nothing else is found": [
    ["run `deno test` now", "run [deno test] now"],
    ["`https://a.example`", "[https://a.example]"],
    ["a `b", "a `b"],
    ["`a\nb`", "`a\nb`"],
    ["``", "``"],
  ],
  "finds fenced code and takes the line breaks around it": [
    ["a\n```\nb\n  c\n```\nd", "a{b\n  c}d"],
    ["```ts\nlet `a`;\n```", "{let `a`;}"],
    ["```a b```", "{a b}"],
    ["```\nunclosed", "```\nunclosed"],
    ["``````", ""],
  ],
};

for (const [behaviour, cases] of Object.entries(CASES)) {
  Deno.test(`tokenize() ${behaviour}`, () => {
    for (const [text, expected] of cases) assertEquals(sketch(tokenize(text)), expected);
  });
}

Deno.test("tokenize() is done quickly with texts made to be slow", () => {
  for (const piece of ["`", "```", "```a\n", "https://", "https://a)", "(", "\n", "` `"]) {
    const text = piece.repeat(4000).slice(0, 16_000);
    assertEquals(tokenize(text).length < 16_000, true);
  }
});

Deno.test("tokenize() finds mentions of the reader, as whole words and in any case", () => {
  const cases = [
    ["hi @Ada, and @ada!", "hi *@Ada*, and *@ada*!"],
    ["@Adam mail@Ada @Ada_ @Adä", "@Adam mail@Ada @Ada_ @Adä"],
    ["`@Ada` https://a.example/@Ada", "[@Ada] <https://a.example/@Ada>"],
    ["```\n@Ada\n```\n@Ada", "{@Ada}*@Ada*"],
  ];
  for (const [text = "", expected] of cases) assertEquals(sketch(tokenize(text, "Ada")), expected);
  assertEquals(sketch(tokenize("hi @a.b* (you)", "a.b* (you)")), "hi *@a.b* (you)*");
  assertEquals(sketch(tokenize("@Ada", "")), "@Ada");
});
