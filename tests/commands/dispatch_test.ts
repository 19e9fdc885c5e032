import { assert, assertEquals } from "@std/assert";
import { type FakeClient, FakeHub, only } from "../support/fake_hub.ts";

const SINCE_EVER = "0".repeat(26);

for (
  const [field, command] of [
    ["a room", { type: "join", room: "lobby" }],
    ["nothing", { type: "leave" }],
    ["a ref", { type: "send", ref: "1", room: "lobby", text: "hi" }],
    ["a name", { type: "rename", name: "Ada" }],
    ["a wrong room", { type: "typing", room: 1 }],
    ["a wrong limit", { type: "history", room: "lobby", limit: 0 }],
    ["a wrong since", { type: "join", room: "lobby", since: "?" }],
    ["no fields", { type: "ping" }],
  ] as const
) {
  Deno.test(`answer() does not welcome "${command.type}" with ${field} before "hello"`, async () => {
    const error = only(await new FakeHub().connect().ask(command), "error");
    assertEquals(error.code, "not_welcome");
  });
}

for (
  const [what, frame, names] of [
    ["what is not JSON", "{", "JSON"],
    ["an array", '[{"type":"ping"}]', "object"],
    ["an unknown type", '{"type":"shout"}', '"type"'],
    ["a type that is no string", '{"type":1}', '"type"'],
    ["a command without a room", '{"type":"join"}', '"room"'],
    ["a since that is no id", '{"type":"join","room":"lobby","since":"1"}', '"since"'],
    [
      "a since with a letter I",
      `{"type":"join","room":"lobby","since":"${"I".repeat(26)}"}`,
      "since",
    ],
    ["a send without a ref", '{"type":"send","room":"lobby","text":"hi"}', '"ref"'],
    ["a text that is no string", '{"type":"send","ref":"1","room":"lobby","text":1}', '"text"'],
    ["a rename without a name", '{"type":"rename"}', '"name"'],
    ["a limit of 0", '{"type":"history","room":"lobby","limit":0}', '"limit"'],
    ["a limit of 201", '{"type":"history","room":"lobby","limit":201}', '"limit"'],
    ["a limit of one half", '{"type":"history","room":"lobby","limit":0.5}', '"limit"'],
    ["a before that is no id", '{"type":"history","room":"lobby","before":"1"}', '"before"'],
    ["an after that is no id", '{"type":"history","room":"lobby","after":null}', '"after"'],
    [
      "both bounds",
      `{"type":"history","room":"lobby","before":"${SINCE_EVER}","after":"${SINCE_EVER}"}`,
      '"before"',
    ],
  ] as const
) {
  Deno.test(`answer() answers ${what} with a bad_request that names it`, async () => {
    const client = await new FakeHub().member("Ada");
    client.sendFrame(frame);
    const error = only(await client.read(), "error");
    assertEquals(error.code, "bad_request");
    assert(error.message.includes(names), error.message);
  });
}

for (const ref of ["", "x".repeat(65), 1, null, {}]) {
  Deno.test(`answer() echoes no ref such as ${JSON.stringify(ref)?.slice(0, 9)}`, async () => {
    const error = only(
      await (await new FakeHub().client("Ada")).ask({ type: "ping", ref }),
      "error",
    );
    assertEquals([error.code, "ref" in error], ["bad_request", false]);
  });
}

for (
  const [command, answer] of [
    [{ type: "join", room: "other" }, "joined"],
    [{ type: "join", room: "lobby" }, "joined"],
    [{ type: "join", room: "!" }, "error"],
    [{ type: "leave", room: "lobby" }, "left"],
    [{ type: "leave", room: "elsewhere" }, "error"],
    [{ type: "send", room: "lobby", text: "hi" }, "ack"],
    [{ type: "send", room: "elsewhere", text: "hi" }, "error"],
    [{ type: "rename", name: "Ada L" }, "renamed"],
    [{ type: "rename", name: "" }, "error"],
    [{ type: "typing", room: "elsewhere" }, "error"],
    [{ type: "history", room: "lobby" }, "history"],
    [{ type: "history", room: "elsewhere" }, "error"],
    [{ type: "ping" }, "pong"],
    [{ type: "shout" }, "error"],
    [{ type: "hello", name: "Ada" }, "error"],
  ] as const
) {
  Deno.test(`answer() echoes the ref of ${JSON.stringify(command)} in "${answer}"`, async () => {
    const ref = "é".repeat(64);
    const event = only(await (await new FakeHub().member("Ada")).ask({ ...command, ref }), answer);
    assertEquals("ref" in event && event.ref, ref);
  });
}

for (
  const [command, code] of [
    [{ type: "join", room: "-lobby" }, "room_invalid"],
    [{ type: "join", room: "x".repeat(65) }, "room_invalid"],
    [{ type: "leave", room: "a b" }, "room_invalid"],
    [{ type: "send", ref: "1", room: "", text: "hi" }, "room_invalid"],
    [{ type: "typing", room: "é" }, "room_invalid"],
    [{ type: "history", room: "/" }, "room_invalid"],
    [{ type: "leave", room: "other" }, "not_joined"],
    [{ type: "send", ref: "1", room: "other", text: "hi" }, "not_joined"],
    [{ type: "typing", room: "other" }, "not_joined"],
    [{ type: "history", room: "other" }, "not_joined"],
    [{ type: "send", ref: "1", room: "lobby", text: " \n " }, "text_invalid"],
    [{ type: "send", ref: "1", room: "lobby", text: "x".repeat(4001) }, "text_invalid"],
    [{ type: "rename", name: "\u202eAda" }, "name_invalid"],
    [{ type: "rename", name: "x".repeat(33) }, "name_invalid"],
  ] as const
) {
  Deno.test(`answer() refuses ${JSON.stringify(command).slice(0, 60)} as ${code}`, async () => {
    const client = await new FakeHub().member("Ada");
    assertEquals(only(await client.ask(command), "error").code, code);
    assertEquals(client.closeCode, undefined);
  });
}

Deno.test("answer() answers commands in order when they come without waiting", async () => {
  const client = new FakeHub().connect();
  client.send({ type: "hello", name: "Ada" });
  client.send({ type: "join", room: "lobby" });
  client.send({ type: "ping" });
  client.send({ type: "leave", room: "lobby" });
  assertEquals((await client.read()).map((event) => event.type), [
    "welcome",
    "joined",
    "pong",
    "left",
  ]);
});

Deno.test("ping is answered with pong", async () => {
  assertEquals(await (await new FakeHub().client("Ada")).ask({ type: "ping" }), [{ type: "pong" }]);
});

/** What a client is told of a frame: the error's code, and the code of the close if there is one. */
async function refusalOf(
  client: FakeClient,
  frame: string,
): Promise<(string | number | undefined)[]> {
  client.sendFrame(frame);
  return [only(await client.read(), "error").code, client.closeCode];
}

Deno.test("answer() closes with 4500 on the twentieth bad command within ten seconds", async () => {
  const fake = new FakeHub();
  const client = fake.connect();
  const refusals = await Array.fromAsync({ length: 20 }, async (_, i) => {
    const refused = await refusalOf(client, i % 2 === 0 ? "{" : '{"type":"ping"}');
    if (i < 19) await fake.pass(500);
    return refused;
  });
  assertEquals(refusals.at(-2), ["bad_request", undefined]);
  assertEquals(refusals.at(-1), ["not_welcome", 4500]);
});

for (const type of ["hello", "rename"]) {
  const connect = async (): Promise<FakeClient> => {
    const fake = new FakeHub();
    return type === "hello" ? fake.connect() : await fake.client("Ada");
  };

  Deno.test(`answer() counts an over-long name in "${type}" as a bad command`, async () => {
    const client = await connect();
    const name = `a${"\u0344".repeat(3900)}${"\u0334".repeat(3900)}`;
    const frame = JSON.stringify({ type, name });
    const refusals = await Array.fromAsync(
      { length: 20 },
      async () => await refusalOf(client, frame),
    );
    assertEquals(refusals.at(-2), ["name_invalid", undefined]);
    assertEquals(refusals.at(-1), ["name_invalid", 4500]);
  });

  Deno.test(`answer() counts no other invalid name in "${type}" as a bad command`, async () => {
    for (const name of ["", "x".repeat(256), "Ada\u200b", "\u0301", "Adа"]) {
      const client = await connect();
      const frame = JSON.stringify({ type, name });
      for (let i = 0; i < 50; i++) {
        assertEquals(await refusalOf(client, frame), ["name_invalid", undefined]);
      }
    }
  });
}

Deno.test("answer() tolerates bad commands that are further apart", async () => {
  const fake = new FakeHub();
  const client = await fake.client("Ada");
  for (let i = 0; i < 100; i++) {
    assertEquals(await refusalOf(client, "{"), ["bad_request", undefined]);
    await fake.pass(527);
  }
});

Deno.test("answer() counts no other refusal as a bad command", async () => {
  const client = await new FakeHub().client("Ada");
  for (let i = 0; i < 50; i++) {
    assertEquals(await refusalOf(client, '{"type":"typing","room":"lobby"}'), [
      "not_joined",
      undefined,
    ]);
  }
});

Deno.test("answer() normalises the room and the name of a command", async () => {
  const client = await new FakeHub().client("Ada");
  client.sendFrame('{"type":"join","room":"LOBBY","x":1}');
  client.sendFrame('{"type":"rename","name":" Ａda  L "}');
  const events = await client.read();
  assertEquals(only(events, "joined").room, "lobby");
  assertEquals(only(events, "renamed").you.name, "Ada L");
});
