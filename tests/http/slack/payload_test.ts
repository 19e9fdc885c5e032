import { assertEquals } from "@std/assert";
import { isReadable, parsePayload } from "../../../chat/http/slack/payload.ts";

const parse = (body: string) => parsePayload(new TextEncoder().encode(body));
const payload = { text: "a+b & c = d", list: [{}] };
const json = JSON.stringify(payload);

Deno.test("parsePayload() reads JSON and forms, whatever they are called", () => {
  const bodies = [
    json,
    ` \n${json}\n`,
    `\ufeff${json}`,
    `payload=${encodeURIComponent(json)}`,
    new URLSearchParams({ a: "b", payload: json, c: "d" }).toString(),
  ];
  for (const body of bodies) assertEquals(parse(body), { ok: true, value: payload }, body);
});

Deno.test("parsePayload() takes invalid UTF-8 and lone surrogates", () => {
  const bytes = Uint8Array.of(...new TextEncoder().encode('{"text":"a'), 0xff, 0x22, 0x7d);
  assertEquals(parsePayload(bytes), { ok: true, value: { text: "a\ufffd" } });
});

Deno.test("parsePayload() says what is wrong", () => {
  const form = 'The body must be JSON, or a form with the field "payload"';
  const table = {
    "": form,
    "text": form,
    "text=hello": form,
    "[]": form,
    "{": "The payload is not valid JSON",
    "{}x": "The payload is not valid JSON",
    "payload=": "The payload is not valid JSON",
    "payload=1": "The payload must be a JSON object",
    "payload=null": "The payload must be a JSON object",
    "payload=[]": "The payload must be a JSON object",
    [`{"a":${"[".repeat(32)}`]: "The payload must have at most 32 levels",
    [`{"a":[${"{},".repeat(20_000)}]}`]: "The payload must have at most 20000 objects and lists",
  };
  for (const [body, message] of Object.entries(table)) {
    assertEquals(parse(body), { ok: false, message }, body.slice(0, 40));
  }
});

Deno.test("parsePayload() counts no bracket in a string", () => {
  const value = { "[{": '\\"[['.repeat(50), deep: [[[[{}]]]] };
  assertEquals(parse(JSON.stringify(value)), { ok: true, value });
});

Deno.test("isReadable() takes JSON, forms, text, and no type", () => {
  const readable = [
    ...[null, "", "application/json", "Application/JSON; charset=utf-8", "text/plain"],
    ...["application/x-www-form-urlencoded", "application/vnd.slack+json"],
  ];
  for (const type of readable) assertEquals(isReadable(type), true, `${type}`);
  const others = ["multipart/form-data; boundary=x", "image/png", "text/html", "json"];
  for (const type of [...others, "a".repeat(10_000)]) assertEquals(isReadable(type), false, type);
});
