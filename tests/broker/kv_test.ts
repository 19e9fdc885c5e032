import { RECEIPT_BYTES, testBroker } from "./contract.ts";
import { openBroker } from "./kv_store.ts";

testBroker("KvBroker", async () => {
  const kv = await Deno.openKv(":memory:");
  let broker = await openBroker(kv);
  return {
    broker,
    receiptBytes: RECEIPT_BYTES,
    another: () => openBroker(kv),
    restart: async () => {
      await broker.close();
      return broker = await openBroker(kv);
    },
    dispose: async () => {
      await broker.close();
      kv.close();
    },
  };
});
