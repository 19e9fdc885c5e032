import { assert } from "@std/assert";
import { readSlackMessage } from "../../../chat/http/slack/message.ts";

/** The longest body that the server reads. */
const MAX_BYTES = 262_144;
const MAX_LENGTH = 4000;
/**
 * The most time that one body may take, in milliseconds: ten times that of the slowest on a quiet
 * machine. Quadratic readers take seconds.
 */
const MAX_MS = 300;

const asText = (text: string) => JSON.stringify({ text });

/** A body of the greatest length that repeats a piece. */
function fill(wrap: (text: string) => string, piece: string): string {
  const bytes = new TextEncoder().encode(wrap(piece)).length - wrap("").length;
  return wrap(piece.repeat(Math.floor((MAX_BYTES - wrap("").length) / bytes)));
}

const PIECES = [
  ...["<", "&", "&amp;", "<a", "<a|", "<http://a|b>", "<http://(>", "<!", "<@|", "<javascript:|"],
  ...["*", "* ", "*a", "*a*", " *a* ", "~a~", "_", "`", "`a", "``", "```", "````", "``` ", "`a`"],
  ...["\n", "\n>", "\n>>>", ">>>\n", "\n - ", " - ", "http://a", "|", "(", "[{", '"', "\\"],
  ...[" ", "\t", "\r", "a", "é", "😀", "👩‍💻", "\u0301", "\u200b", "\u200d", "\ud800", "\0"],
];

const BODIES: Readonly<Record<string, string>> = {
  "deep lists": `{"text":${"[".repeat(131_000)}${"]".repeat(131_000)}}`,
  "open objects": '{"a":'.repeat(52_000),
  "10,000 attachments": JSON.stringify({ attachments: Array(10_000).fill({ text: "abcde" }) }),
  "10,000 blank attachments": JSON.stringify({ attachments: Array(10_000).fill({ text: " " }) }),
  "19,998 empty attachments": JSON.stringify({ attachments: Array(19_998).fill({}) }),
  "87,000 empty attachments": JSON.stringify({ attachments: Array(87_000).fill({}) }),
  "9,000 fields": JSON.stringify({ attachments: [{ fields: Array(9000).fill({ value: "\t" }) }] }),
  "4,000 blocks": JSON.stringify({ blocks: Array(4000).fill({ type: "section", text: {} }) }),
  "4,000 buttons": JSON.stringify({
    blocks: [{ type: "actions", elements: Array(4000).fill({ url: "http://a", text: "x" }) }],
  }),
  "20,000 keys": JSON.stringify(
    Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [i, 1])),
  ),
  "a form of separators": "&".repeat(MAX_BYTES),
  "a form of fields": "a=b&".repeat(MAX_BYTES / 4),
  "a form of escapes": `payload=${"%20".repeat(87_000)}`,
  "one link": asText(`<http://a/${"(".repeat(100_000)}|${" ".repeat(100_000)}>`),
  "one name": JSON.stringify({ text: "x", username: "\u0344".repeat(87_000) }),
  "one title": JSON.stringify({ attachments: [{ title: "( ".repeat(130_000) }] }),
  ...Object.fromEntries(PIECES.map((piece) => [JSON.stringify(piece), fill(asText, piece)])),
};

for (const [name, body] of Object.entries(BODIES)) {
  Deno.test(`readSlackMessage() is quick with ${name}`, () => {
    const { length } = new TextEncoder().encode(body);
    assert(length <= MAX_BYTES, `${length} bytes`);
    let ms = Infinity;
    // The quickest of a few, since other programs run.
    for (let run = 0; run < 5 && ms > MAX_MS; run++) {
      const start = performance.now();
      const message = readSlackMessage(body, MAX_LENGTH);
      ms = Math.min(ms, performance.now() - start);
      if (message.ok) assert([...message.text].length <= MAX_LENGTH);
    }
    assert(ms < MAX_MS, `${ms} ms`);
  });
}
