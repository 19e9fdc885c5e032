/**
 * Signals by a KV: posts that are read once each, whatever order their bells come in.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Signal } from "../../chat/broker/broker.ts";
import { KvCalls } from "../../chat/broker/kv/calls.ts";
import { BELL } from "../../chat/broker/kv/keys.ts";
import { KvSignals } from "../../chat/broker/kv/signals.ts";
import { within } from "../support/deadline.ts";
import { shared } from "./kv_store.ts";

/** Signals of an instance, and the bodies that it was told. */
class Listener {
  readonly signals: KvSignals;
  readonly told: string[] = [];
  #wake = () => {};

  constructor(kv: ConstructorParameters<typeof KvCalls>[0]["kv"], bell: number) {
    const calls = new KvCalls({ kv, callMs: 5_000, onProblem: () => {} });
    const tell = (signal: Signal) => {
      if (signal.kind === "node") this.told.push(signal.body);
      this.#wake();
    };
    this.signals = new KvSignals(bell, { calls, tell });
  }

  /** Resolves when it was told as many bodies. */
  async hears(count: number): Promise<string[]> {
    while (this.told.length < count) {
      await within(new Promise<void>((resolve) => this.#wake = resolve), "a signal");
    }
    return this.told;
  }
}

/** Posts a signal, and returns when it is in the KV. */
async function post(kv: Deno.Kv, teller: Listener, body: string): Promise<number> {
  const { value } = await kv.get<number>(BELL);
  const before = value ?? 0;
  teller.signals.signal({ kind: "node", body });
  const reader = kv.watch<[number]>([BELL]).getReader();
  try {
    for (;;) {
      const { value: [bell] = [] } = await within(reader.read(), "the post");
      if ((bell?.value ?? 0) > before) return bell?.value ?? 0;
    }
  } finally {
    await reader.cancel();
  }
}

Deno.test("KvSignals.ring() reads a post that comes while others are read", async () => {
  using kv = await Deno.openKv(":memory:");
  const isReading = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const slow = shared(kv, {
    list<Value>(selector: Deno.KvListSelector, options?: Deno.KvListOptions) {
      const list = kv.list<Value>(selector, options);
      const next = list.next.bind(list);
      list.next = async () => {
        isReading.resolve();
        await goOn.promise;
        return await next();
      };
      return list;
    },
  });
  const [teller, listener] = [new Listener(shared(kv), 0), new Listener(slow, 0)];
  listener.signals.ring(await post(kv, teller, "a"));
  await isReading.promise;
  listener.signals.ring(await post(kv, teller, "b"));
  goOn.resolve();
  assertEquals(await listener.hears(2), ["a", "b"]);
  for (const { signals } of [teller, listener]) await signals.close();
});

Deno.test("KvSignals.ring() tells nothing again for a bell that comes late", async () => {
  using kv = await Deno.openKv(":memory:");
  const [teller, listener] = [new Listener(shared(kv), 0), new Listener(shared(kv), 0)];
  const first = await post(kv, teller, "a");
  const second = await post(kv, teller, "b");
  listener.signals.ring(second);
  await listener.hears(2);
  listener.signals.ring(first);
  listener.signals.ring(await post(kv, teller, "c"));
  assertEquals(await listener.hears(3), ["a", "b", "c"]);
  for (const { signals } of [teller, listener]) await signals.close();
});

Deno.test("KvSignals goes on with a KV that was emptied, after its own next post", async () => {
  using kv = await Deno.openKv(":memory:");
  const [teller, listener] = [new Listener(shared(kv), 0), new Listener(shared(kv), 0)];
  for (const body of ["a", "b"]) listener.signals.ring(await post(kv, teller, body));
  await listener.hears(2);
  for await (const { key } of kv.list({ prefix: [] })) await kv.delete(key);
  await post(kv, listener, "of its own");
  listener.signals.ring(await post(kv, teller, "c"));
  assertEquals(await listener.hears(4), ["a", "b", "of its own", "c"]);
  for (const { signals } of [teller, listener]) await signals.close();
});

Deno.test("KvSignals.close() posts the signals that wait", async () => {
  using kv = await Deno.openKv(":memory:");
  const [teller, listener] = [new Listener(shared(kv), 0), new Listener(shared(kv), 0)];
  await post(kv, teller, "a");
  // Behind the pause between two posts.
  teller.signals.signal({ kind: "node", body: "b" });
  await teller.signals.close();
  listener.signals.ring((await kv.get<number>(BELL)).value);
  assertEquals(await listener.hears(2), ["a", "b"]);
  await listener.signals.close();
});
