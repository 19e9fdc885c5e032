import { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { RECEIPT_BYTES, testBroker } from "./contract.ts";

const OPTIONS = {
  now: Date.now,
  durability: "full",
  keepDays: 0,
  keepBytes: 0,
  receiptBytes: RECEIPT_BYTES,
} as const;

testBroker("SqliteBroker", () => {
  const folder = Deno.makeTempDirSync();
  const broker = new SqliteBroker({ ...OPTIONS, folder });
  return {
    broker,
    receiptBytes: RECEIPT_BYTES,
    dispose: async () => {
      await broker.close();
      Deno.removeSync(folder, { recursive: true });
    },
  };
});
