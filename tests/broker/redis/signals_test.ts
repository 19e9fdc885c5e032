import { assert, assertEquals } from "@std/assert";
import { shareRedis, testStore } from "./store.ts";

shareRedis();

testStore("typing pushes no signal of an instance out, and is bounded itself", async (store) => {
  const { broker, ear } = await store.open();
  broker.signal({ kind: "node", body: "first" });
  for (let i = 0; i < 2_000; i++) {
    broker.signal({ kind: "typing", room: "lobby", user: { id: `${i}`, name: "Ada" } });
  }
  broker.signal({ kind: "node", body: "last" });
  await ear.until(() =>
    ear.signals.some((signal) => signal.kind === "node" && signal.body === "last")
  );
  assertEquals(await store.server.command("XLEN", `${store.prefix}:signals`), 2);
  const length = Number(await store.server.command("XLEN", `${store.prefix}:typing`));
  assert(length >= 256 && length < 512, `${length} are kept`);
});
