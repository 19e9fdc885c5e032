import { assert, assertEquals } from "@std/assert";
import { fuzzParser } from "./fuzz_parser.ts";
import { fuzzServer } from "./fuzz_server.ts";
import { RealServer } from "../support/real_server.ts";
import { UNLIMITED } from "../support/server_process.ts";

/** A fixed seed. The long run (`deno task fuzz`) takes another each time. */
const SEED = 1;

Deno.test("parseCommand() judges every random frame as the protocol does", () => {
  const verdicts = Object.values(fuzzParser(SEED, 5000));
  const sum = (of: "legal" | "illegal"): number =>
    verdicts.reduce((total, each) => total + each[of], 0);
  assert(sum("legal") > 1000 && sum("illegal") > 1000);
});

Deno.test("server answers every random frame as the protocol says, and does not disturb other clients", async () => {
  await using server = await RealServer.start({ ...UNLIMITED, CHAT_LEAVE_GRACE_MS: "100" });
  const target = { port: server.port, limited: false };
  const report = await fuzzServer(target, SEED, { commands: 4000, connections: 800 });
  // Enough of everything was tried.
  assert(report.legal > 2000 && report.illegal > 500 && report.messages > 50);
  assertEquals([...report.answers.keys()].sort(), [
    "ack",
    "error bad_request",
    "error emoji_invalid",
    "error name_invalid",
    "error name_taken",
    "error not_found",
    "error not_joined",
    "error not_welcome",
    "error room_invalid",
    "error text_invalid",
    "error too_many_rooms",
    "history",
    "joined",
    "left",
    "pong",
    "renamed",
    "welcome",
  ]);
});
