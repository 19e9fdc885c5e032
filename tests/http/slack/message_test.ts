import { assertEquals, assertMatch } from "@std/assert";
import { readSlackMessage } from "../../../chat/http/slack/message.ts";
import { type Token, tokenize } from "../../../static/model/tokens.js";
import { BODIES } from "./bodies.ts";

const MAX_LENGTH = 4000;
const read = (payload: unknown, maxLength = MAX_LENGTH) =>
  readSlackMessage(JSON.stringify(payload), maxLength);

function textOf(payload: unknown, maxLength = MAX_LENGTH): string {
  const message = read(payload, maxLength);
  if (!message.ok) throw new Error(message.message);
  return message.text;
}

/** The targets of all links that the page makes of a text. */
function hrefsOf(tokens: readonly Token[]): string[] {
  return tokens.flatMap((token) => {
    if (token.type === "link") return [token.href];
    if (token.type === "list") return token.items.flatMap(hrefsOf);
    return "tokens" in token ? hrefsOf(token.tokens) : [];
  });
}

const SHOWN: Readonly<Record<keyof typeof BODIES, readonly [name: string, text: string]>> = {
  GRAFANA: [
    "Grafana",
    `@here @group1 @user1
**[FIRING:1] (val1)** (http://localhost/alerting/list)
**Firing**

Value: [no value]
Labels:
- alertname = alert1
- lbl1 = val1
Annotations:
- ann1 = annv1
Silence: http://localhost/alerting/silence/new?alertmanager=grafana&matcher=alertname%3Dalert1&matcher=lbl1%3Dval1
Dashboard: http://localhost/d/abcd
Panel: http://localhost/d/abcd?viewPanel=efgh
https://www.example.com/test.png
*Grafana v11.4.0*`,
  ],
  ALERTMANAGER: [
    "Alertmanager",
    `**[FIRING:1] InstanceDown (node <db-1:9100> & critical)** (http://alertmanager.example:9093/#/alerts?receiver=team-X)
db-1 of **node** has been down for 5 minutes > 3
**Severity:** critical
**Runbook:** How to restart (https://runbooks.example/InstanceDown?a=1&b=2)
Silence :no_bell: (http://alertmanager.example:9093/#/silences/new?filter=%7Balertname%3D%22InstanceDown%22%7D)`,
  ],
  GITLAB: [
    "GitLab",
    `The Hacker (hacker)
**Pipeline #123 has failed in 02:00:10** (http://example.gitlab.com/-/pipelines/123/failures)
**Branch:** develop (http://example.gitlab.com/-/commits/develop)
**Commit:** A test commit message (http://example.com/commit)
**Failed stage:** test (http://example.gitlab.com/-/pipelines/123/failures)
**Failed job:** rspec (http://example.gitlab.com/-/jobs/1)
**Pipeline name:** Build pipeline
*project_name*`,
  ],
  GITEA: [
    "Gitea",
    "[test/repo (http://localhost:3000/test/repo):r&d (http://localhost:3000/test/repo/src/branch/r&d)] " +
    "branch created by user1",
  ],
  GITEA_PUSH: [
    "Gitea",
    `[test/repo (http://localhost:3000/test/repo):test (http://localhost:3000/test/repo/src/branch/test)] 2 new commits (http://localhost:3000/test/repo/compare/2020558fe2...2020558fe3) pushed by user1

http://localhost:3000/test/repo
2020558 (http://localhost:3000/test/repo/commit/2020558fe2e34debb818a514715839cabd25e778): commit message - user1
2020558 (http://localhost:3000/test/repo/commit/2020558fe2e34debb818a514715839cabd25e778): fix a < b && c - user1`,
  ],
  UPTIME_KUMA: [
    "Uptime Kuma",
    `[Website] [🔴 Down] timeout of 48000ms exceeded @channel

**Uptime Kuma Alert**
**Message**
[Website] [🔴 Down] timeout of 48000ms exceeded @channel
**Time (Europe/Berlin)**
2026-11-28 03:07:07
Visit Uptime Kuma (https://status.example/dashboard/1) · Visit site (https://www.example/)`,
  ],
};

for (const [sender, [name, text]] of Object.entries(SHOWN)) {
  Deno.test(`readSlackMessage() shows what ${sender} sends`, () => {
    const { body } = BODIES[sender as keyof typeof BODIES];
    assertEquals(readSlackMessage(body, MAX_LENGTH), { ok: true, name, text });
  });
}

Deno.test("readSlackMessage() shows all parts in order", () => {
  const attachment = {
    footer: "9",
    fields: [{ title: "6", value: "7" }, { value: "7b" }, { title: "7c", value: "a\nb" }],
    blocks: [{ type: "section", text: { type: "mrkdwn", text: "8" } }],
    text: "5",
    title_link: "https://a.example/",
    title: "4",
    author_name: "3",
    pretext: "2",
    fallback: "never",
    channel: "never",
    thumb_url: "https://never.example/",
  };
  assertEquals(
    textOf({ attachments: [attachment, { text: "10" }], text: "1", icon_url: "never" }),
    "1\n\n2\n3\n**4** (https://a.example/)\n5\n**6:** 7\n7b\n**7c:**\na\nb\n8\n*9*\n\n10",
  );
});

Deno.test("readSlackMessage() shows a fallback only where all else is empty", () => {
  assertEquals(textOf({ attachments: [{ text: "a", fallback: "b" }] }), "a");
  const blank = { text: " ", title: "", fields: [{ title: "", value: "" }], blocks: [] };
  assertEquals(textOf({ attachments: [{ ...blank, fallback: "b &amp; c" }] }), "b & c");
  assertEquals(textOf({ text: "", fallback: "whole", attachments: [blank] }), "whole");
  assertEquals(textOf({ text: "a", fallback: "whole" }), "a");
});

Deno.test("readSlackMessage() shows a block that repeats the text once", () => {
  const blocks = [{ type: "section", text: { type: "mrkdwn", text: "*Done*" } }, {
    type: "context",
    elements: [{ type: "plain_text", text: "by &lt;me&gt; *here*" }, {
      type: "image",
      alt_text: "a face",
      image_url: "https://a.example/i.png",
    }],
  }];
  assertEquals(
    textOf({ text: "*Done*", blocks }),
    "**Done**\nby <me> *here* · a face (https://a.example/i.png)",
  );
});

Deno.test("readSlackMessage() shows rich text, headers, images and buttons with a URL", () => {
  const text = (text: string, style?: unknown) => ({ type: "text", text, style });
  const section = (...elements: unknown[]) => ({ type: "rich_text_section", elements });
  const blocks = [
    { type: "header", text: { type: "plain_text", text: "Deploy" } },
    { type: "divider" },
    {
      type: "rich_text",
      elements: [
        section(text("a "), text("b", { bold: true }), text(" "), text("c", { code: true })),
        section(
          { type: "link", url: "https://a.example/", text: "site" },
          {
            type: "user",
            user_id: "U1",
          },
          { type: "broadcast", range: "here" },
          { type: "emoji", name: "tada" },
        ),
        { type: "rich_text_list", elements: [section(text("one")), section(text("two"))] },
        { type: "rich_text_quote", elements: [text("q\nr")] },
        { type: "rich_text_preformatted", elements: [text("x\n y")] },
      ],
    },
    { type: "image", title: { text: "Graph" }, image_url: "https://a.example/g.png" },
    {
      type: "actions",
      elements: [
        { type: "button", text: { type: "plain_text", text: "Open" }, url: "https://a.example/o" },
        { type: "button", text: { type: "plain_text", text: "Acknowledge" } },
        { type: "button", text: { type: "plain_text", text: "Evil" }, url: "javascript:alert(1)" },
      ],
    },
  ];
  assertEquals(
    textOf({ blocks }),
    "**Deploy**\na **b** `c`\nsite (https://a.example/)@U1@here:tada:\n- one\n- two\n> q\n> r\n" +
      "```\nx\n y\n```\nGraph (https://a.example/g.png)\nOpen (https://a.example/o)",
  );
});

Deno.test("readSlackMessage() leaves no link to anything but http, https and mail", () => {
  const evil = ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x"];
  for (const url of [...evil, "JavaScript:alert(1)", " javascript:alert(1)", "java\tscript:x"]) {
    const payload = {
      text: `<${url}|a> <${url}>`,
      attachments: [{
        title: "b",
        title_link: url,
        image_url: url,
        actions: [{ text: "c", url }],
        blocks: [
          { type: "image", alt_text: "d", image_url: url },
          { type: "rich_text", elements: [{ elements: [{ type: "link", url, text: "e" }] }] },
        ],
      }],
    };
    assertEquals(hrefsOf(tokenize(textOf(payload))), [], url);
  }
});

Deno.test("readSlackMessage() makes links of which the page takes the whole URL", () => {
  for (
    const [url, href] of [
      ["https://a.example/b?c=d&e=f#g", "https://a.example/b?c=d&e=f#g"],
      ["https://a.example/b_(c)", "https://a.example/b_%28c%29"],
      ["https://a.example/b)", "https://a.example/b%29"],
      ["https://a.example/b.", "https://a.example/b%2E"],
      ["https://a.example/a b«", "https://a.example/a%20b%C2%AB"],
      ["https://a.example/*_~*", "https://a.example/*_~%2A"],
      ["http://[::1]:3000/", "http://[::1]:3000/"],
      ["HTTPS://A.EXAMPLE/\ud800", "HTTPS://A.EXAMPLE/%EF%BF%BD"],
    ] as const
  ) {
    const text = textOf({ text: `<${url}|label>`, attachments: [{ title: "t", title_link: url }] });
    assertEquals(hrefsOf(tokenize(text)), [href, href], url);
  }
});

Deno.test("readSlackMessage() refuses what shows nothing", () => {
  const payloads = [
    {},
    { text: "" },
    { text: " \n\u200b" },
    { text: null, attachments: null, blocks: null },
    { text: {}, attachments: {}, blocks: "x" },
    { attachments: [] },
    { attachments: [{}, null, 1, [], { color: "#ff0000", ts: 1, mrkdwn_in: ["text"] }] },
    { channel: "#a", username: "b", icon_emoji: ":c:" },
    { blocks: [{ type: "divider" }, { type: "actions", elements: [{ text: { text: "x" } }] }] },
  ];
  for (const payload of payloads) {
    assertEquals(read(payload), {
      ok: false,
      code: "text_invalid",
      message: "The payload must have a visible text, attachment or block",
    }, JSON.stringify(payload));
  }
});

Deno.test("readSlackMessage() makes a valid name, or none", () => {
  const nameOf = (username: unknown) => {
    const message = read({ text: "x", username });
    return message.ok && message.name;
  };
  assertEquals(nameOf("Uptime\nKuma"), "Uptime Kuma");
  assertEquals(nameOf(42), "42");
  for (const none of [undefined, null, "", {}, "\u200b"]) assertEquals(nameOf(none), undefined);
});

Deno.test("readSlackMessage() cuts what is too long, on whole characters", () => {
  const codePoints = (text: string) => [...text].length;
  assertEquals(textOf({ text: "a".repeat(4000) }), "a".repeat(4000));
  assertEquals(textOf({ text: "a".repeat(4001) }), "a".repeat(3999) + "…");
  // Each is four code points.
  const faces = textOf({ text: "👩🏽‍💻".repeat(2000) });
  assertEquals(faces, "👩🏽‍💻".repeat(999) + "…");
  assertEquals(textOf({ text: "😀".repeat(4001) }), "😀".repeat(3999) + "…");
  assertEquals(codePoints(textOf({ text: "\u0301".repeat(9000) + "a" })), 4000);
  const many = textOf({ attachments: Array(10_000).fill({ text: "abcd" }) });
  assertEquals(codePoints(many), 4000);
  assertMatch(many, /^abcd\n\nabcd[^]*…$/);
  assertEquals(textOf({ text: "a b" }, 1), "…");
});

Deno.test("readSlackMessage() does not cut a URL, and ends code that it cuts", () => {
  const url = `https://a.example/${"b".repeat(40)}`;
  const text = textOf({ text: `see ${url} and ${url}` }, 80);
  assertEquals(text, `see ${url} and…`);
  const code = textOf({ text: "```\n" + "line\n".repeat(30) + "```" }, 40);
  assertEquals(tokenize(code), [{
    type: "fence",
    text: "line\nline\nline\nline\nline\nline\nl…",
    language: "",
  }]);
  assertEquals([...code].length <= 40, true);
});

Deno.test("readSlackMessage() does not go on reading what shows nothing", () => {
  const behind = (empty: number) => ({ attachments: [...Array(empty).fill({}), { text: "late" }] });
  assertEquals(textOf(behind(100)), "late");
  assertEquals(read(behind(5000)).ok, false);
});
