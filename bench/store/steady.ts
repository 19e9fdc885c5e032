/**
 * The event loop under 1,000 messages a second: its longest piece, with messages in memory and in a
 * file.
 *
 * @module
 */

import { DataFolder } from "../support/data_folder.ts";
import { median } from "../support/median.ts";
import { parleyCommand, UNLIMITED } from "../support/parley.ts";
import { spawnWorker } from "../support/processes.ts";
import { freePort, Server } from "../support/server.ts";
import type { Figure } from "./figures.ts";
import type { PieceSummaries } from "./pieces.ts";
import type { SteadyFigures, SteadyLoad } from "./steady_load.ts";

const PER_SECOND = 1000;
const WARM_UP_SECONDS = 3;

/** The longest that messages may hold up the event loop, in milliseconds. */
const LONGEST_PIECE_MS = 8;

const MODES = ["none", "normal", "full"] as const;
type Mode = typeof MODES[number];
type Outcome = PieceSummaries & SteadyFigures;

async function run(mode: Mode, seconds: number): Promise<Outcome> {
  await using folder = mode === "none" ? undefined : await DataFolder.make();
  const kept = folder && { CHAT_DATA: folder.path, CHAT_SYNC: mode };
  const reportPort = freePort();
  // The warm-up's clients have the same names.
  const CHAT_LEAVE_GRACE_MS = "0";
  const settings = { ...UNLIMITED, ...kept, CHAT_LEAVE_GRACE_MS, REPORT_PORT: String(reportPort) };
  // All permissions: it reads the time that it waited for a core from /proc.
  const deno = [Deno.execPath(), "run", "--allow-all"];
  const command = await parleyCommand("bench/store/timed_server.ts", deno);
  const server = await Server.start({ name: `Parley, ${mode}`, command }, settings);
  try {
    const load = async (seconds: number) => {
      const job: SteadyLoad = {
        port: server.port,
        serverPid: server.pid,
        perSecond: PER_SECOND,
        seconds,
      };
      const script = "store/steady_load.ts";
      using worker = spawnWorker<SteadyFigures>(script, job, (seconds + 30) * 1000);
      return await worker.result;
    };
    const report = async (): Promise<PieceSummaries> =>
      await (await fetch(`http://127.0.0.1:${reportPort}/`)).json();
    await load(WARM_UP_SECONDS);
    await report();
    const figures = await load(seconds);
    return { ...await report(), ...figures };
  } finally {
    await server.stop();
  }
}

/** Runs all modes in turn, in some rounds. Returns the medians of the rounds. */
export async function measureSteady(rounds: number, seconds: number): Promise<Figure[]> {
  const outcomes: Record<Mode, Outcome[]> = { none: [], normal: [], full: [] };
  for (let round = 0; round < rounds; round++) {
    for (const mode of MODES) outcomes[mode].push(await run(mode, seconds));
  }
  return MODES.flatMap((mode) => {
    const where = mode === "none" ? "in memory" : mode;
    const of = (label: string, take: (outcome: Outcome) => number): Figure => ({
      label: `${PER_SECOND} messages/s, ${where}: ${label}`,
      unit: "ms",
      value: median(outcomes[mode].map(take)),
    });
    const figures = [
      of("delivered, p50", ({ p50Ms }) => p50Ms),
      of("delivered, p99", ({ p99Ms }) => p99Ms),
      of("between two turns, p99", ({ turn }) => turn.p99),
      of("between two turns, longest", ({ turn }) => turn.max),
    ];
    if (mode === "none") return figures;
    const longest = { atMost: LONGEST_PIECE_MS };
    return [
      ...figures,
      of("a commit, p50", ({ commit }) => commit.p50),
      of("a commit, p99", ({ commit }) => commit.p99),
      { ...of("a commit, longest", ({ commit }) => commit.max), ...longest },
      of("a step of upkeep, p99", ({ upkeep }) => upkeep.p99),
      { ...of("a step of upkeep, longest", ({ upkeep }) => upkeep.max), ...longest },
      { ...of("messages lost", ({ missing }) => missing), unit: "", atMost: 0 },
    ];
  });
}
