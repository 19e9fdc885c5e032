/**
 * The comparison of chat servers side by side: `deno task bench`, or in short
 * `deno task bench --quick`. `--rounds=N` sets the number of rounds: 3 by default, 1 in short.
 * `deno task bench --kept` compares Parley with itself in short: messages in memory, and in a file.
 *
 * Each trial of each round runs against a fresh server of every contender, one after the other.
 * Prints tables of medians and ratios. But for `--kept`, writes `results.json` and `results.md` to
 * `bench/`.
 *
 * @module
 */

import { DataFolder } from "../support/data_folder.ts";
import { flag } from "../support/flags.ts";
import { memoryOf } from "../support/process_usage.ts";
import { UNLIMITED } from "../support/parley.ts";
import { isPinning, ROOT, spawnWorker } from "../support/processes.ts";
import { Server } from "../support/server.ts";
import { sleep } from "../support/stopwatch.ts";
import { table } from "../support/table.ts";
import { type Contender, contenders, ownContenders, versions } from "./contenders.ts";
import { goals, isReached } from "./goals.ts";
import { type Outcome, plan, type Trial } from "./plan.ts";
import { format, markdown, Row } from "./results.ts";
import type { Job, Measurements } from "./workloads.ts";

const form = (["quick", "kept"] as const).find((form) => Deno.args.includes(`--${form}`)) ?? "full";
const rounds = Number(flag("rounds") ?? (form === "full" ? 3 : 1));

/** The longest time that a trial may take, in milliseconds. */
const TRIAL_TIMEOUT_MS = 90_000;

/** The time between the last join and the reading of memory, in milliseconds. */
const SETTLE_MS = 2000;

/** A generator that uses more of its core may be the bottleneck. */
const MAX_GENERATOR_CPU = 0.9;

async function runTrial(contender: Contender, { workload }: Trial): Promise<Outcome> {
  const { sync: CHAT_SYNC } = contender;
  await using folder = CHAT_SYNC && await DataFolder.make();
  const kept = folder && { CHAT_DATA: folder.path, CHAT_SYNC };
  const server = await Server.start(contender, { ...UNLIMITED, ...kept });
  try {
    const before = await memoryOf(server.pid);
    const { port, pid: serverPid } = server;
    const job: Job = { port, serverPid, protocol: contender.protocol, workload };
    using generator = spawnWorker<Measurements>("compare/generator.ts", job, TRIAL_TIMEOUT_MS);
    const measurements = await generator.result;
    if (workload.kind === "connect") await sleep(SETTLE_MS);
    return { ...measurements, startMs: server.startMs, before, after: await memoryOf(server.pid) };
  } finally {
    await server.stop();
  }
}

/** Runs one trial with one contender and prints its figures. */
async function runAndPrint(contender: Contender, trial: Trial): Promise<Outcome | undefined> {
  const label = `${contender.name}: ${JSON.stringify(trial.workload)}`;
  try {
    const outcome = await runTrial(contender, trial);
    const { missing = 0, disordered = 0, generatorCpu } = outcome;
    const figures = trial.figures.map((each) => format(each.of(outcome), each.unit)).join(", ");
    const bottleneck = generatorCpu > MAX_GENERATOR_CPU
      ? `; generator at ${format(generatorCpu, "×")} of its core`
      : "";
    const faults = missing + disordered > 0 ? `; ${missing} lost, ${disordered} disordered` : "";
    console.error(`${label}: ${figures}${bottleneck}${faults}`);
    return outcome;
  } catch (error) {
    console.error(`${label}: ${error}`);
    return undefined;
  }
}

async function machine(): Promise<string> {
  const info = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = info.match(/model name\s*: (.*)/)?.[1] ?? Deno.build.arch;
  const gigabytes = Math.round(Deno.systemMemoryInfo().total / 1e9);
  const pins = isPinning()
    ? "server on one core, load generator on another"
    : "not pinned to cores";
  return `${model}, ${navigator.hardwareConcurrency} cores, ${gigabytes} GB, ${Deno.build.os} ` +
    `${Deno.osRelease()}; ${pins}`;
}

const field = await (form === "kept" ? ownContenders() : contenders());
const names = field.map((contender) => contender.name);
const trials = plan(form).map((trial) => ({
  trial,
  rows: trial.figures.map((figure) => new Row(figure)),
}));
const rows = trials.flatMap((each) => each.rows);
let lost = 0;

for (let round = 1; round <= rounds; round++) {
  for (const { trial, rows } of trials) {
    for (const contender of field) {
      if (trial.fastOnly && contender.slow) continue;
      const outcome = await runAndPrint(contender, trial);
      for (const row of rows) row.add(contender.name, outcome);
      if (contender === field[0] || contender.sync !== undefined) {
        lost += (outcome?.missing ?? 0) + (outcome?.disordered ?? 0);
      }
    }
  }
}

const about = {
  date: new Date().toISOString(),
  command: ["deno task bench", ...Deno.args].join(" "),
  rounds,
  machine: await machine(),
  versions: form === "kept" ? { deno: Deno.version.deno } : await versions(),
};
const measured = markdown(rows, names);
const reached = table(
  ["Goal", "Bound", "Measured", ""],
  [
    ...goals(rows).map((goal) => [
      goal.label,
      goal.atMost === undefined
        ? `at least ${format(goal.atLeast ?? NaN, goal.unit)}`
        : `at most ${format(goal.atMost, goal.unit)}`,
      format(goal.value, goal.unit),
      isReached(goal) ? "reached" : "missed",
    ]),
    ["lost or disordered in any trial", "0", String(lost), lost === 0 ? "reached" : "missed"],
  ],
);
const text =
  `${about.machine}. Medians of ${rounds} interleaved round${
    rounds === 1 ? "" : "s"
  } of \`${about.command}\`; in ` +
  `brackets, how many times as good Parley is.\n\n${measured}\n\n${reached}\n`;
console.log(`\n${text}`);
if (form !== "kept") {
  await Deno.writeTextFile(`${ROOT}/bench/results.md`, text);
  await Deno.writeTextFile(
    `${ROOT}/bench/results.json`,
    `${JSON.stringify({ ...about, lost, rows, goals: goals(rows) }, null, 2)}\n`,
  );
}
