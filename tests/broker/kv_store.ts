import type { Kv } from "../../chat/broker/kv/calls.ts";
import { KvBroker, type KvOptions } from "../../chat/broker/kv.ts";
import { RECEIPT_BYTES } from "./contract.ts";

/** The options of a broker in a test, but for its KV. */
export const OPTIONS = {
  receiptBytes: RECEIPT_BYTES,
  pollMs: 1_000,
  now: Date.now,
  keepDays: 0,
  keepBytes: 0,
} as const satisfies Omit<KvOptions, "kv">;

/** A KV that brokers share as instances do: it stays open when one of them ends. */
export function shared(kv: Deno.Kv, over: Partial<Kv> = {}): Kv {
  return {
    getMany: (keys, options) => kv.getMany(keys, options),
    list: (selector, options) => kv.list(selector, options),
    atomic: () => kv.atomic(),
    watch: (keys, options) => kv.watch(keys, options),
    close() {},
    ...over,
  };
}

/** Opens a broker of a KV that stays open. */
export function openBroker(kv: Deno.Kv, over: Partial<KvOptions> = {}): Promise<KvBroker> {
  return KvBroker.open({ ...OPTIONS, kv: shared(kv), ...over });
}

/** Copies a KV. Returns what puts the copy back, in one commit. */
export async function copyOf(kv: Deno.Kv): Promise<() => Promise<void>> {
  const copy = await Array.fromAsync(kv.list({ prefix: [] }));
  return async () => {
    const atomic = kv.atomic();
    for await (const { key } of kv.list({ prefix: [] })) atomic.delete(key);
    for (const { key, value } of copy) atomic.set(key, value);
    await atomic.commit();
  };
}

/** A KV whose commits or reads can be made to hang. */
export class HangingKv {
  readonly #kv: Deno.Kv;
  hangs: "nothing" | "commits" | "late commits" | "everything" = "nothing";
  /** Commits that go through before they hang. */
  left = 0;
  /** Ends what hangs. */
  readonly #end = Promise.withResolvers<never>();

  constructor(kv: Deno.Kv) {
    this.#kv = kv;
    this.#end.promise.catch(() => {});
  }

  get kv(): Kv {
    return shared(this.#kv, {
      getMany: (keys, options) =>
        this.hangs === "everything" ? this.#end.promise : this.#kv.getMany(keys, options),
      atomic: () => {
        const atomic = this.#kv.atomic();
        const commit = atomic.commit.bind(atomic);
        return Object.assign(atomic, {
          commit: async () => {
            if (this.hangs === "nothing" || this.left > 0 && this.left-- > 0) return await commit();
            // Kept, and never said so.
            if (this.hangs === "late commits") await commit();
            return await this.#end.promise;
          },
        });
      },
    });
  }
}
