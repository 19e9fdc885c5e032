import { assertEquals } from "@std/assert";
import { type Token, tokenize } from "../../static/model/tokens.js";

/** "text", <link> or <link href>, #room#, [code], and {fence} or {language|fence}, in short. */
function sketch(tokens: Token[]): string {
  return tokens.map((token) => {
    const { text } = token;
    switch (token.type) {
      case "link":
        return token.href === text ? `<${text}>` : `<${text} ${token.href}>`;
      case "room":
        return `${text}#${token.room}`;
      case "code":
        return `[${text}]`;
      case "fence":
        return token.language === "" ? `{${text}}` : `{${token.language}|${text}}`;
      default:
        return text;
    }
  }).join("");
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
    ["```ts\nlet `a`;\n```", "{ts|let `a`;}"],
    ["```a b```", "{a b}"],
    ["```\nunclosed", "```\nunclosed"],
    ["```a```b```c```", "{a}b{c}"],
  ],
  "takes a word alone on the first line of a fence for the language, whatever marks it has": [
    ...["c#", "f#", "c++", "asp.net", "objective-c", "x86/asm", "js \t"]
      .map((word): [string, string] => ["```" + word + "\nx\n```", `{${word.trim()}|x}`]),
    ["```not a language\nx```", "{not a language\nx}"],
    ["```" + "l".repeat(33) + "\nx```", `{${"l".repeat(33)}\nx}`],
  ],
  "shows a fence around one word, and as it was written one around nothing": [
    ["```hello\n```", "{hello}"],
    ["```hello```", "{hello}"],
    ["```c# \n\n```", "{c#}"],
    ["``````", "``````"],
    ["```\n```", "```\n```"],
    ["``` \u200b\n\n```", "``` \u200b\n\n```"],
    ["```\n```\nx\n```js\ny\n```", "```\n```\nx{js|y}"],
    ["` `", "` `"],
  ],
  "ends a link before full-width and CJK punctuation, and quotes": [
    ["https://a.example/b。次", "<https://a.example/b>。次"],
    ["（https://a.example/b）、", "（<https://a.example/b>）、"],
    ["「https://a.example」です", "「<https://a.example>」です"],
    ["https://a.example！https://b.example", "<https://a.example>！<https://b.example>"],
    ["“https://a.example/b” «https://c.example»", "“<https://a.example/b>” «<https://c.example>»"],
    ["https://a.example/b…", "<https://a.example/b>…"],
  ],
  "ends a link before a bracket that it did not open, of any kind": [
    ["[https://a.example/b]", "[<https://a.example/b>]"],
    ["{https://a.example/b},", "{<https://a.example/b>},"],
    [
      "https://a.example/a[1] https://a.example/?f[x]",
      "<https://a.example/a[1]> <https://a.example/?f[x]>",
    ],
    [
      "[x](https://a.example/(y))(https://b.example)",
      "[x](<https://a.example/(y)>)(<https://b.example>)",
    ],
    ["https://a.example/b(", "<https://a.example/b>("],
    ["https://a.example/{b}", "<https://a.example/{b}>"],
  ],
  "finds links with IPv6 hosts, and keeps a final _ and ~": [
    ["http://[::1]:8000/x.", "<http://[::1]:8000/x>."],
    ["(http://[2001:db8::1])", "(<http://[2001:db8::1]>)"],
    ["https://a.example/b_ https://a.example/~", "<https://a.example/b_> <https://a.example/~>"],
  ],
  "finds hosts that begin with www.": [
    [
      "www.example.org, WWW.a.example/b?c",
      "<www.example.org https://www.example.org>, <WWW.a.example/b?c https://WWW.a.example/b?c>",
    ],
    [
      "www.example www. xwww.a.example a.www.b.example",
      "www.example www. xwww.a.example a.www.b.example",
    ],
    ["www.@a.example", "www.@a.example"],
  ],
  "finds mail addresses": [
    [
      "(ada.l+x@mail.example.org).",
      "(<ada.l+x@mail.example.org mailto:ada.l+x@mail.example.org>).",
    ],
    ["'ada@a.example'", "'<ada@a.example mailto:ada@a.example>'"],
    ["写信给ada@a.example吧", "写信给<ada@a.example mailto:ada@a.example>吧"],
    [
      "ada@host ada@1.2 a.@b.example @ada@a.example",
      "ada@host ada@1.2 a.@b.example @ada@a.example",
    ],
    // A part of it would be another mail address.
    [
      "jürgen@a.example ada@a.exampleß a@b.example@c",
      "jürgen@a.example ada@a.exampleß a@b.example@c",
    ],
    ["`ada@a.example`", "[ada@a.example]"],
    [`${"a".repeat(65)}@a.example`, `${"a".repeat(65)}@a.example`],
  ],
  "finds rooms, as whole words": [
    ["see #lobby, (#Lobby-2)!", "see #lobby#lobby, (#Lobby-2#lobby-2)!"],
    ["#lobby에서 去#lobby", "#lobby#lobby에서 去#lobby#lobby"],
    [
      "C#lobby ##lobby &#39; /#lobby @#lobby #lobby#x",
      "C#lobby ##lobby &#39; /#lobby @#lobby #lobby#x",
    ],
    ["#küche # #-x #_x", "#küche # #-x #_x"],
    // Numbers, which are no rooms.
    ["see #1 and #42-7, not #1st", "see #1 and #42-7, not #1st#1st"],
    [`#${"r".repeat(64)}`, `#${"r".repeat(64)}#${"r".repeat(64)}`],
    [`#${"r".repeat(65)}`, `#${"r".repeat(65)}`],
    ["`#lobby` https://a.example/#lobby", "[#lobby] <https://a.example/#lobby>"],
  ],
};

for (const [behaviour, cases] of Object.entries(CASES)) {
  Deno.test(`tokenize() ${behaviour}`, () => {
    for (const [text, expected] of cases) assertEquals(sketch(tokenize(text)), expected);
  });
}

Deno.test("tokenize() keeps all visible characters", () => {
  const pieces = [
    "`",
    "```",
    "\n",
    " ",
    "a",
    "js\n",
    "c#",
    "#a",
    "https://a.b",
    "(",
    ")",
    "@x.yz",
    "。",
  ];
  const hidden = /[`\s]/gu;
  for (let number = 0; number < pieces.length ** 4; number++) {
    const text = [1, 2, 3, 4].map((power) =>
      pieces[Math.floor(number / pieces.length ** (power - 1)) % pieces.length]
    ).join("");
    const shown = tokenize(text).map((token) => {
      return token.type === "fence" ? token.language + token.text : token.text;
    }).join("");
    assertEquals(shown.replace(hidden, ""), text.replace(hidden, ""), text);
    if (text.trim() !== "") assertEquals(shown.trim() === "", false, text);
  }
});
