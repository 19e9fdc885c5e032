import { assert, assertEquals } from "@std/assert";
import { type Token, tokenize } from "../../static/model/tokens.js";

/**
 * "text", <link> or <link href>, #room#, [code], and {fence} or {language|fence}, in short; em(),
 * strong(), s(), quote() and list(a|b).
 */
function sketch(tokens: readonly Token[]): string {
  return tokens.map((token) => {
    switch (token.type) {
      case "link":
        return token.href === token.text ? `<${token.text}>` : `<${token.text} ${token.href}>`;
      case "room":
        return `${token.text}#${token.room}`;
      case "code":
        return `[${token.text}]`;
      case "fence":
        return token.language === "" ? `{${token.text}}` : `{${token.language}|${token.text}}`;
      case "em":
      case "strong":
      case "s":
      case "quote":
        return `${token.type}(${sketch(token.tokens)})`;
      case "list":
        return `list(${token.items.map(sketch).join("|")})`;
      default:
        return token.text;
    }
  }).join("");
}

/** The text that is shown. */
function shownOf(tokens: readonly Token[]): string {
  return tokens.map((token) => {
    if (token.type === "list") return token.items.map(shownOf).join("");
    if (token.type === "fence") return token.language + token.text;
    return "tokens" in token ? shownOf(token.tokens) : token.text;
  }).join("");
}

/** All texts of four pieces. */
function* textsOf(pieces: readonly string[]): Generator<string> {
  for (let number = 0; number < pieces.length ** 4; number++) {
    yield [1, 2, 3, 4].map((power) =>
      pieces[Math.floor(number / pieces.length ** (power - 1)) % pieces.length]
    ).join("");
  }
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

/** Texts that stay as they were typed. */
const TYPED = [
  "snake_case a_b_c __init__ _private __ _ ___",
  "2*3*4 2 * 3 * 4 2**3**4 a*b*c * ** *** **** 5* 6*",
  "~/path~ ~100 and ~200 ~~ ~~~ ~a~ a~~b~~c",
  ":) :( ;) <3 >:( >:) ^_^ and ^_^ -_- and -_- >_< and >_< o_o T_T *_* (*_*) and (*_*) *-* :*",
  "¯\\_(ツ)_/¯ and ¯\\_(ツ)_/¯ ._. ._.",
  "-> => --flag -5 -x",
  "- ",
  "-",
  ">",
  "> ",
  ">quote",
  ">\n> ",
  "-item",
  "a > b and a - b",
  "def f(*args, **kwargs) and g(*args, **kwargs)",
  "*.ts and *.js, **/*.ts and src/**/*.ts, *.* and *",
  "/* a */ and /** b */",
  "* a * b* ** a ** b** ~~ a ~~ b~~ _ a _ b_",
  "**a *b _c ~~d",
  "*a\n\nb*",
  "*a\n \t\nb*",
  "*\u200b* **\u200b** *…* **--** _._",
  "[x](javascript:alert(1)) [x](data:text/html,x) [x](java\nscript:a) [x](&#106;avascript:a)",
  "![x](javascript:alert(1)) <a href=javascript:a> ﻿javascript:a java\tscript:a",
  "@_ada_ @*ada* @**ada** @~~ada~~ ＠*ada*",
  "  - indented",
  "  > indented",
];

const MARKED: Record<string, [text: string, sketch: string][]> = {
  "finds emphasis": [
    ["a **b** c", "a strong(b) c"],
    ["*a* _b_ ~~c~~", "em(a) em(b) s(c)"],
    ['(*a*), "_b_"; “**c**”: *d*.', '(em(a)), "em(b)"; “strong(c)”: em(d).'],
    ["**Note:** a *b*? ~~c~~!", "strong(Note:) a em(b)? s(c)!"],
    ["*a b\nc* **d", "em(a b\nc) **d"],
    ["*a*-b, *a*'s, *a*/b", "em(a)-b, em(a)'s, em(a)/b"],
    ['*"a"* *(a)* **#1** **@Ada** *…a*', 'em("a") em((a)) strong(#1) strong(@Ada) em(…a)'],
    ["*🎉* **❤️** *🇩🇪* 🎉*a* ❤️*b*", "em(🎉) strong(❤️) em(🇩🇪) 🎉em(a) ❤️em(b)"],
    ["*a_b* _a*b_ *2*3*", "em(a_b) em(a*b) em(2*3)"],
  ],
  "nests emphasis, each kind once": [
    ["***a***", "strong(em(a))"],
    ["**a *b* c**", "strong(a em(b) c)"],
    ["**_a_** _**b**_", "strong(em(a)) em(strong(b))"],
    ["**a *b***", "strong(a em(b))"],
    ["*a **b***", "em(a strong(b))"],
    ["***a* b**", "strong(em(a) b)"],
    ["~~*a* **b**~~", "s(em(a) strong(b))"],
    ["*a *b* c*", "*a em(b) c*"],
    ["*a **b *c* d** e*", "*a strong(b em(c) d) e*"],
  ],
  "closes the last one that is open, and leaves the others as typed": [
    ["*a *b*", "*a em(b)"],
    ["**a *b** c*", "strong(a *b) c*"],
    ["*a **b* c", "em(a **b) c"],
    ["**a*", "**a*"],
    ["~~a **b ~~c", "~~a **b ~~c"],
    ["*a\n\n*b*", "*a\n\nem(b)"],
  ],
  "finds emphasis in scripts without spaces": [
    ["你好*世界*你好", "你好em(世界)你好"],
    ["你好，**世界**！", "你好，strong(世界)！"],
    ["**단어**는 ~~옛~~말", "strong(단어)는 s(옛)말"],
    ["これは**「大事」**です", "これはstrong(「大事」)です"],
    ["**مرحبا** _ру_сский _русский_", "strong(مرحبا) _ру_сский em(русский)"],
  ],
  "finds nothing in code or links, and these in emphasis": [
    ["`*a*` *a `b* c` d*", "[*a*] em(a [b* c] d)"],
    ["```\n*a*\n> b\n- c\n```", "{*a*\n> b\n- c}"],
    ["https://h/A_b_(c)_d https://h/*a*/b.", "<https://h/A_b_(c)_d> <https://h/*a*/b>."],
    ["**https://h/x** *https://h/x*, b", "strong(<https://h/x>) em(<https://h/x>), b"],
    ["_see https://h/x_ ~~https://h/y~~", "em(see <https://h/x>) s(<https://h/y>)"],
    ["_~~https://h/x~~_ https://h/x_", "em(s(<https://h/x>)) <https://h/x_>"],
    ["_https://h/a_b_.", "em(<https://h/a_b>)."],
    [
      "_www.a.example_ a_www.b.example",
      "em(<www.a.example https://www.a.example>) a_www.b.example",
    ],
    ["*#lobby* **a@b.example**", "em(#lobby#lobby) strong(<a@b.example mailto:a@b.example>)"],
  ],
  "finds quotes": [
    ["> a", "quote(a)"],
    ["> a\n> b\nc", "quote(a\nb)c"],
    ["c\n> a\n>\n> b\nd", "cquote(a\n\nb)d"],
    ["> a\n\n> b", "quote(a)quote(b)"],
    ["> *a* `b` https://h/x", "quote(em(a) [b] <https://h/x>)"],
    ["> *a\nb*", "quote(*a)b*"],
    ["> > a", "quote(> a)"],
    ["> - a", "quote(- a)"],
    ["> a\n>b", "quote(a)>b"],
    ["> a\n> ", "quote(a)"],
    ["> a\n```\nb\n```\n> c", "quote(a){b}quote(c)"],
  ],
  "finds lists": [
    ["- a", "list(a)"],
    ["a:\n- b\n- *c*\nd", "a:list(b|em(c))d"],
    ["- a\n- \n- b", "list(a)- list(b)"],
    ["- a\n> b\n- c", "list(a)quote(b)list(c)"],
    ["- a\n  - b", "list(a)  - b"],
    ["- *a\n- b*", "list(*a|b*)"],
  ],
};
Object.assign(CASES, MARKED, {
  "leaves what is no markup as typed": TYPED.map((text) => [text, text]),
});

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
  for (const text of textsOf(pieces)) {
    const shown = shownOf(tokenize(text));
    assertEquals(shown.replace(hidden, ""), text.replace(hidden, ""), text);
    if (text.trim() !== "") assertEquals(shown.trim() === "", false, text);
  }
});

Deno.test("tokenize() keeps all but the marks of a text with emphasis, quotes and lists", () => {
  const pieces = ["*", "**", "_", "~~", "\n", "> ", "- ", " ", "a", "`", "(", "https://a.b"];
  const hidden = /[`*_~>\s-]/gu;
  for (const text of textsOf(pieces)) {
    const shown = shownOf(tokenize(text));
    assertEquals(shown.replace(hidden, ""), text.replace(hidden, ""), text);
    if (text.trim() !== "") assertEquals(shown.trim() === "", false, text);
  }
});

Deno.test("tokenize() leaves a text of too many pieces as it was written", () => {
  for (const unit of ["*a* ", "- a\n", "`a` ", "> a\n\n", "```a``` "]) {
    const text = unit.repeat(401);
    assertEquals(tokenize(text), [{ type: "text", text }], unit);
    assert(tokenize(unit.repeat(100)).some(({ type }) => type !== "text"), unit);
  }
});
