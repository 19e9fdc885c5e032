import { SqliteBroker } from "../../chat/broker/sqlite.ts";
import { RECEIPT_BYTES, testBroker } from "./contract.ts";
import { OPTIONS } from "./sqlite_folder.ts";

testBroker("SqliteBroker", () => {
  const folder = Deno.makeTempDirSync();
  const open = () => new SqliteBroker({ ...OPTIONS, folder });
  let broker = open();
  return {
    broker,
    receiptBytes: RECEIPT_BYTES,
    restart: async () => {
      await broker.close();
      return broker = open();
    },
    dispose: async () => {
      await broker.close();
      Deno.removeSync(folder, { recursive: true });
    },
  };
});
