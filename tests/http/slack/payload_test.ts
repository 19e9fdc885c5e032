import { assertEquals } from "@std/assert";
import { parsePayload } from "../../../chat/http/slack/payload.ts";

const payload = { text: "a+b & c = d", list: [{}] };
const json = JSON.stringify(payload);

Deno.test("parsePayload() reads JSON and forms, whatever they are called", () => {
  const bodies = [
    json,
    ` \n${json}\n`,
    `payload=${encodeURIComponent(json)}`,
    new URLSearchParams({ a: "b", payload: json, c: "d" }).toString(),
  ];
  for (const body of bodies) assertEquals(parsePayload(body), payload, body);
});

Deno.test("parsePayload() says what is wrong", () => {
  const form = 'The body must be JSON, or a form with the field "payload"';
  const object = "The payload must be a JSON object";
  const table = {
    "": form,
    "text": form,
    "text=hello": form,
    "[]": form,
    "{": object,
    "{}x": object,
    "payload=": object,
    "payload=1": object,
    "payload=null": object,
    "payload=[]": object,
    [`{"a":${"[".repeat(32)}`]: "The payload must have at most 32 levels",
    [`{"a":[${"{},".repeat(20_000)}]}`]: "The payload must have at most 20000 objects and lists",
  };
  for (const [body, message] of Object.entries(table)) {
    assertEquals(parsePayload(body), message, body.slice(0, 40));
  }
});

Deno.test("parsePayload() counts no bracket in a string", () => {
  const value = { "[{": '\\"[['.repeat(50), deep: [[[[{}]]]] };
  assertEquals(parsePayload(JSON.stringify(value)), value);
});
