import { assertEquals } from "@std/assert";
import { StopSignals } from "../../chat/runtime/stop_signals.ts";

Deno.test("StopSignals.receive() drains at the first signal and exits at one a second later", () => {
  const signals = new StopSignals();
  const times = [5000, 5000, 5003, 5999, 6000, 9000];
  const actions = times.map((now) => signals.receive(now));
  assertEquals(actions, ["drain", "none", "none", "none", "exit", "exit"]);
});
