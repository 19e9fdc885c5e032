import { assertEquals } from "@std/assert";
import { LineWriter } from "../../chat/runtime/logger.ts";

/** Takes a few bytes at a time, once it is let. */
class SlowSink {
  text = "";
  readonly #open: Promise<void>;

  constructor(open: Promise<void> = Promise.resolve()) {
    this.#open = open;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#open;
    const some = bytes.subarray(0, 7);
    this.text += new TextDecoder().decode(some);
    return some.length;
  }
}

Deno.test("LineWriter.write() writes all lines in their order to a sink that takes few bytes", async () => {
  const sink = new SlowSink();
  const lines = new LineWriter(sink);
  lines.write("the first line");
  lines.write("the second line");
  await lines.written;
  assertEquals(sink.text, "the first line\nthe second line\n");
});

Deno.test("LineWriter.write() keeps at most 1,000 lines for a sink that takes nothing", async () => {
  const open = Promise.withResolvers<void>();
  const sink = new SlowSink(open.promise);
  const lines = new LineWriter(sink);
  for (let i = 0; i < 2000; i++) lines.write(`${i}`);
  open.resolve();
  await lines.written;
  lines.write("goes on");
  await lines.written;
  const written = sink.text.trimEnd().split("\n");
  assertEquals([written.length, written.at(-2), written.at(-1)], [1001, "999", "goes on"]);
});

Deno.test("LineWriter.write() goes on after a line that could not be written", async () => {
  const sink = new SlowSink();
  let isFull = true;
  const lines = new LineWriter({
    write: (bytes) => isFull ? Promise.reject(new Error("No space left")) : sink.write(bytes),
  });
  lines.write("lost");
  await lines.written;
  isFull = false;
  lines.write("kept");
  await lines.written;
  assertEquals(sink.text, "kept\n");
});
