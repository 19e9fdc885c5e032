import { assertEquals } from "@std/assert";
import { type FakeClient, FakeHub, only } from "../support/fake_hub.ts";

/** What a client is told of a frame: the error's code, and the code of the close if there is one. */
function refusalOf(client: FakeClient, frame: string): (string | number | undefined)[] {
  client.sendFrame(frame);
  return [only(client.read(), "error").code, client.closeCode];
}

Deno.test("answer() closes with 4500 on the twentieth bad command within ten seconds", () => {
  const fake = new FakeHub();
  const client = fake.connect();
  const refusals = Array.from({ length: 20 }, (_, i) => {
    const refused = refusalOf(client, i % 2 === 0 ? "{" : '{"type":"ping"}');
    if (i < 19) fake.pass(500);
    return refused;
  });
  assertEquals(refusals.at(-2), ["bad_request", undefined]);
  assertEquals(refusals.at(-1), ["not_welcome", 4500]);
});

for (const type of ["hello", "rename"]) {
  const connect = (): FakeClient => {
    const fake = new FakeHub();
    return type === "hello" ? fake.connect() : fake.client("Ada");
  };

  Deno.test(`answer() counts an over-long name in "${type}" as a bad command`, () => {
    const client = connect();
    const name = `a${"\u0344".repeat(3900)}${"\u0334".repeat(3900)}`;
    const frame = JSON.stringify({ type, name });
    const refusals = Array.from({ length: 20 }, () => refusalOf(client, frame));
    assertEquals(refusals.at(-2), ["name_invalid", undefined]);
    assertEquals(refusals.at(-1), ["name_invalid", 4500]);
  });

  Deno.test(`answer() counts no other invalid name in "${type}" as one`, () => {
    for (const name of ["", "x".repeat(256), "Ada\u200b", "\u0301", "Adа"]) {
      const client = connect();
      const frame = JSON.stringify({ type, name });
      for (let i = 0; i < 50; i++) {
        assertEquals(refusalOf(client, frame), ["name_invalid", undefined]);
      }
    }
  });
}

Deno.test("answer() tolerates bad commands that are further apart", () => {
  const fake = new FakeHub();
  const client = fake.client("Ada");
  for (let i = 0; i < 100; i++) {
    assertEquals(refusalOf(client, "{"), ["bad_request", undefined]);
    fake.pass(527);
  }
});

Deno.test("answer() counts no other refusal as a bad command", () => {
  const client = new FakeHub().client("Ada");
  for (let i = 0; i < 50; i++) {
    assertEquals(refusalOf(client, '{"type":"typing","room":"lobby"}'), ["not_joined", undefined]);
  }
});

Deno.test("answer() normalises the room and the name of a command", () => {
  const client = new FakeHub().client("Ada");
  client.sendFrame('{"type":"join","room":"LOBBY","x":1}');
  client.sendFrame('{"type":"rename","name":" Ａda  L "}');
  const events = client.read();
  assertEquals(only(events, "joined").room, "lobby");
  assertEquals(only(events, "renamed").you.name, "Ada L");
});
