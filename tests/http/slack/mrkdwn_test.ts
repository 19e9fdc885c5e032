import { assertEquals } from "@std/assert";
import { fromMrkdwn, fromPlain } from "../../../chat/http/slack/mrkdwn.ts";

const CASES: Readonly<Record<string, readonly (readonly [slack: string, text: string])[]>> = {
  "leaves plain text as it is": [
    ["", ""],
    ["a < b > c & d", "a < b > c & d"],
    ["<br> <b>x</b> <a|b", "<br> <b>x</b> <a|b"],
    ["<db-1:9100>", "<db-1:9100>"],
    ["2 * 3 * 4 ~ 5", "2 * 3 * 4 ~ 5"],
    ["snake_case_name **already** ~~so~~ __init__", "snake_case_name **already** ~~so~~ __init__"],
  ],
  "decodes the three entities once": [
    ["&lt;a&gt; &amp;amp; &amp;lt; &quot;", "<a> &amp; &lt; &quot;"],
    ["&lt;https://a.example|b&gt;", "<https://a.example|b>"],
  ],
  "makes links readable": [
    ["<https://a.example/|site>", "site (https://a.example/)"],
    ["<https://a.example/>", "https://a.example/"],
    ["<https://a.example|https://a.example/>", "https://a.example"],
    ["<http://a.example|a.example>", "http://a.example"],
    ["<https://a.example/?a=1&amp;b=2|a &lt; b>", "a < b (https://a.example/?a=1&b=2)"],
    ["<https://a.example/|>", "https://a.example/"],
    ["<https://a.example/|two  words|more>", "two words|more (https://a.example/)"],
    ["<mailto:ada@a.example|ada@a.example>", "ada@a.example"],
    ["<mailto:ada@a.example>", "ada@a.example"],
    ["<tel:+4930123|call>", "call (tel:+4930123)"],
    ["<javascript:alert(1)|click>", "click (javascript:alert(1))"],
    ["<javascript:alert(1)>", "<javascript:alert(1)>"],
  ],
  "names whom a text is for": [
    ["<!channel> <!here|here> <!everyone|@everyone>", "@channel @here @everyone"],
    ["<!subteam^S1> <!subteam^S1|@ops>", "@S1 @ops"],
    ["<@U1> <@U1|ada> <@U1|@ada>", "@U1 @ada @ada"],
    ["<#C1|general> <#C1>", "#general #C1"],
    ["<!date^1392734382^{date_num} {time}|18 Feb 2014>", "18 Feb 2014"],
  ],
  "turns bold and struck text": [
    ["*bold* and _italic_ and ~gone~", "**bold** and _italic_ and ~~gone~~"],
    ['*a*, (*b*) "*c*" *d*!', '**a**, (**b**) "**c**" **d**!'],
    ["*a\nb*", "*a\nb*"],
    ["*a b *c*", "*a b **c**"],
    ["a*b*c 5*6*7", "a*b*c 5*6*7"],
    ["*<https://a.example/|b>*", "**b (https://a.example/)**"],
    ["*`a`* ~*b*~", "**`a`** ~~**b**~~"],
    ["*Grüße*, *日本*", "**Grüße**, **日本**"],
  ],
  "leaves code as it is, but for entities and links": [
    ["`*a* &lt;b&gt;`", "`*a* <b>`"],
    ["```\n*a* &amp; <https://a.example|x>\n - b\n```", "```\n*a* & x\n - b\n```"],
    ["`<https://a.example>`", "`https://a.example`"],
    ["`a\n*b*", "`a\n**b**"],
    ["```a``` *b* ```c```", "```a``` **b** ```c```"],
  ],
  "closes a fence that is open": [
    ["a ```b\nc", "a ```b\nc```"],
    ["a ```\n", "a "],
  ],
  "turns quotes and lists": [
    ["> a\n&gt; b\n>c", "> a\n> b\n> c"],
    ["x\n>>> a\n\nb", "x\n> a\n>\n> b"],
    ["Labels:\n - a = b\n   - c\n", "Labels:\n- a = b\n- c\n"],
    ["• a\n * *b:* `c`\n*d*\n-e\n-\n- ", "- a\n- **b:** `c`\n**d**\n-e\n-\n- "],
  ],
};

for (const [name, cases] of Object.entries(CASES)) {
  Deno.test(`fromMrkdwn() ${name}`, () => {
    for (const [slack, text] of cases) assertEquals(fromMrkdwn(slack), text, slack);
  });
}

Deno.test("fromPlain() decodes entities and references alone", () => {
  assertEquals(
    fromPlain("*a* `b` &lt;c&gt; <https://a.example|d> <!here> &gt; - e"),
    "*a* `b` <c> d (https://a.example) @here > - e",
  );
});
