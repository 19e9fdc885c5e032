import { RedisBroker } from "../../../chat/broker/redis.ts";
import { findRedisNeed } from "../../support/redis_server.ts";
import { RECEIPT_BYTES, testBroker } from "../contract.ts";
import { nextTag, OPTIONS, sharedRedis, shareRedis } from "./store.ts";

shareRedis();

if (findRedisNeed() === undefined) {
  testBroker("RedisBroker", async () => {
    const url = sharedRedis().url();
    const options = { ...OPTIONS, url, tag: nextTag() };
    let broker = await RedisBroker.connect(options);
    return {
      broker,
      receiptBytes: RECEIPT_BYTES,
      restart: async () => {
        await broker.close();
        return broker = await RedisBroker.connect(options);
      },
      another: () => RedisBroker.connect(options),
      dispose: () => broker.close(),
    };
  });
}
