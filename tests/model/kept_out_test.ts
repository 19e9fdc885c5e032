import { assertEquals } from "@std/assert";
import { describeMatched, matchBans, MAX_SHOWN } from "../../static/model/kept_out.js";

const NOW = 1_000_000;
const banOf = (n: number, until = NOW + 1) => ({
  user: { id: `id${n}`.padEnd(16, "a"), name: `Zoë ${n}` },
  kind: "ban" as const,
  until,
  by: "x",
});

Deno.test("matchBans() shows the latest of very many, and finds the others by name or id", () => {
  const bans = Array.from({ length: 2500 }, (_, n) => banOf(n, n === 7 ? NOW : NOW + 1));
  const all = matchBans(bans, "", NOW);
  assertEquals([all.shown.length, all.count, all.isFindable], [MAX_SHOWN, 2499, true]);
  assertEquals(describeMatched(all), "The latest 100 of 2,499");
  const names = (text: string) => matchBans(bans, text, NOW).shown.map(({ user }) => user.name);
  assertEquals(names(" zoe 2499 "), ["Zoë 2499"]);
  assertEquals(names("ID2499A"), ["Zoë 2499"]);
  assertEquals(describeMatched(matchBans(bans, "nobody", NOW)), "Nobody");
  const few = matchBans(bans.slice(0, 10), "", NOW);
  assertEquals([few.count, few.isFindable, describeMatched(few)], [9, false, ""]);
});
