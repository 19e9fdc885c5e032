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
