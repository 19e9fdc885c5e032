import { RealServer } from "../support/real_server.ts";
import { CHECKS } from "./smoke.ts";

Deno.test("CHECKS pass for two who check a server at the same time", async () => {
  await using server = await RealServer.start();
  const page = new URL(`http://127.0.0.1:${server.port}/`);
  const check = CHECKS["a message reaches another connection"];
  await Promise.all([check?.(page), check?.(page)]);
});
