import { assertEquals, assertStrictEquals } from "@std/assert";
import { EventStreamBody } from "../../chat/http/event_stream_body.ts";

/** Reads the next events of a body as text; `undefined` at its end. */
async function next(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<string | undefined> {
  const { value } = await reader.read();
  return value && new TextDecoder().decode(value);
}

Deno.test("EventStreamBody.send() gives at once what is wanted, and counts what is not", async () => {
  const body = new EventStreamBody();
  const reader = body.stream.getReader();
  const first = next(reader);
  body.send("a\n\n");
  assertEquals(await first, "a\n\n");
  assertEquals(body.bufferedAmount, 0);
  body.send("ä\n\n");
  body.send("c\n\n");
  assertEquals(body.bufferedAmount, 7);
  assertEquals(await next(reader), "ä\n\n");
  assertEquals(body.bufferedAmount, 3);
  assertEquals(await next(reader), "c\n\n");
});

Deno.test("EventStreamBody.send() shares the bytes of the same events between bodies", async () => {
  const bodies = [new EventStreamBody(), new EventStreamBody()];
  for (const body of bodies) body.send("the same");
  const [a, b] = await Promise.all(bodies.map((body) => body.stream.getReader().read()));
  assertStrictEquals(a?.value, b?.value);
});

Deno.test("EventStreamBody.end() ends after what waits", async () => {
  const body = new EventStreamBody();
  body.send("a");
  body.send("bye");
  body.end();
  body.send("too late");
  const reader = body.stream.getReader();
  assertEquals([await next(reader), await next(reader), await next(reader)], [
    "a",
    "bye",
    undefined,
  ]);
});

Deno.test("EventStreamBody.end() ends what is waited for", async () => {
  const body = new EventStreamBody();
  const waiting = next(body.stream.getReader());
  body.end();
  assertEquals(await waiting, undefined);
});

Deno.test("EventStreamBody.cut() drops what waits, also what was to come before the end", async () => {
  const body = new EventStreamBody();
  body.send("a");
  body.end();
  body.cut();
  assertEquals(body.bufferedAmount, 0);
  assertEquals(await next(body.stream.getReader()), undefined);
});

Deno.test("EventStreamBody keeps nothing for a reader that has left", async () => {
  const body = new EventStreamBody();
  body.send("a");
  await body.stream.cancel();
  body.send("b");
  body.end();
  assertEquals(body.bufferedAmount, 0);
});
