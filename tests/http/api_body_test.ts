import { assertEquals } from "@std/assert";
import { MAX_PARTS, readBody } from "../../chat/http/body.ts";

/** A body that comes in parts, and then ends or stays open. */
class Parts {
  /** Parts that were asked for. */
  taken = 0;
  readonly cancelled = Promise.withResolvers<void>();
  readonly request: Request;

  constructor(parts: readonly string[], headers: Record<string, string>, ends: boolean) {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller): Promise<void> | undefined => {
        const part = parts[this.taken++];
        if (part !== undefined) controller.enqueue(new TextEncoder().encode(part));
        else if (ends) controller.close();
        else return new Promise(() => {});
        return undefined;
      },
      cancel: () => this.cancelled.resolve(),
    }, { highWaterMark: 0 });
    this.request = new Request("http://localhost/", { method: "POST", body, headers });
  }
}

Deno.test("readBody() reads up to the limit and no further, and then ends the connection", async () => {
  const length = (value: string) => ({ "content-length": value });
  const cases: readonly (readonly [body: Parts, is: string, taken: number])[] = [
    [new Parts([], {}, true), "whole", 1],
    [new Parts(["ab", "cd"], {}, true), "whole", 3],
    [new Parts(["ab", "cde", "f"], {}, true), "too_large", 2],
    [new Parts(["a"], length("5"), true), "too_large", 0],
    [new Parts(["a"], length("1e9"), true), "too_large", 0],
    [new Parts(["ab"], {}, false), "too_slow", 2],
  ];
  for (const [parts, is, taken] of cases) {
    assertEquals([(await readBody(parts.request, 4, 20)).is, parts.taken], [is, taken]);
    // A refused one is held until its client has read the response.
    assertEquals(parts.request.body?.locked, is !== "whole");
  }
  await Promise.all(
    cases.filter(([, is]) => is !== "whole").map(([{ cancelled }]) => cancelled.promise),
  );
});

Deno.test("readBody() gives an empty body for none", async () => {
  const body = await readBody(new Request("http://localhost/", { method: "POST" }), 4, 20);
  assertEquals(body, { is: "whole", bytes: new Uint8Array(), parts: 0 });
});

Deno.test("readBody() reads so many parts and no more", async () => {
  for (const [parts, is] of [[MAX_PARTS, "whole"], [MAX_PARTS + 1, "too_scattered"]] as const) {
    const { request, cancelled } = new Parts(new Array(parts).fill("a"), {}, true);
    const body = await readBody(request, 65_536, 10_000);
    assertEquals([body.is, body.parts], [is, MAX_PARTS]);
    if (is !== "whole") await cancelled.promise;
  }
});

Deno.test("readBody() joins the parts of a body", async () => {
  const parts = Array.from({ length: 1000 }, (_, i) => `${i}`);
  const body = await readBody(new Parts(parts, {}, true).request, 3000, 10_000);
  const text = body.is === "whole" ? new TextDecoder().decode(body.bytes) : body.is;
  assertEquals(text, parts.join(""));
});

Deno.test("readBody() lets others have their turn while parts are at hand", async () => {
  const reading = readBody(new Parts(new Array(1000).fill("a"), {}, true).request, 2000, 10_000);
  const first = await Promise.race([
    reading,
    new Promise((resolve) => setTimeout(() => resolve("another"), 0)),
  ]);
  assertEquals(first, "another");
  await reading;
});
