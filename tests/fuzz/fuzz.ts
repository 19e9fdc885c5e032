/**
 * The long fuzzing run, against servers in processes of their own:
 * `deno task fuzz --seed=1 --commands=100000 --connections=20000`.
 *
 * @module
 */

import type { Script } from "./random_frames.ts";
import { fuzzParser } from "./fuzz_parser.ts";
import {
  FuzzFailure,
  fuzzServer,
  performScript,
  type ScriptName,
  scriptOf,
} from "./fuzz_server.ts";
import { SharedOracle } from "./oracle_shared.ts";
import { dataFolder, type Exit, ServerProcess, UNLIMITED } from "../support/server_process.ts";
import { health, HOST } from "../support/tcp_connection.ts";

/** Settings that give each client an address of its own, for the limits of addresses. */
const DEFAULTS = { PORT: "0", HOST, CHAT_TRUST_PROXY: "1" };

/** Settings without these limits. */
const LIFTED = { ...DEFAULTS, ...UNLIMITED, CHAT_LEAVE_GRACE_MS: "500" };

/** The bytes of a part that are printed. The seed reproduces all. */
const PRINTED_BYTES = 120;

/** The options of the command line. */
interface Options {
  readonly seed: number;
  readonly commands: number;
  readonly connections: number;
}

function parseOptions(args: readonly string[]): Options {
  const options = { seed: Date.now() % 2 ** 31, commands: 100_000, connections: 20_000 };
  for (const arg of args) {
    const [, name = "", value = ""] = /^--(seed|commands|connections)=(\d+)$/.exec(arg) ?? [];
    if (name === "") {
      console.error(`Unknown option ${arg}: try --seed=1 --commands=100000 --connections=20000`);
      Deno.exit(2);
    }
    Object.assign(options, { [name]: Number(value) });
  }
  return options;
}

/** The fault in the exit of a server that was told to stop, if there is one. */
function faultOf({ code, stdout, stderr }: Exit): string | undefined {
  if (code !== 0 || stderr !== "") return `The server ended with ${code}: ${stderr}`;
  const errors = stdout.split("\n").filter((line) => line.includes('"level":"error"'));
  return errors.length > 0 ? `The server logged ${errors.join("\n")}` : undefined;
}

/** The settings of a server: with limits it keeps messages in memory, else in a folder. */
function environmentOf(
  limited: boolean,
  { CHAT_DATA }: { readonly CHAT_DATA: string },
): Record<string, string> {
  return limited ? DEFAULTS : { ...LIFTED, CHAT_DATA };
}

function oracleOf(limited: boolean): SharedOracle {
  return new SharedOracle({ hasSearch: !limited });
}

/** Plays one script alone. Returns the failure, if there is one. */
async function tryAlone(name: ScriptName, script: Script, limited: boolean): Promise<unknown> {
  await using folder = await dataFolder();
  await using server = await ServerProcess.start({ environment: environmentOf(limited, folder) });
  const target = { port: await server.port(), shared: oracleOf(limited), limited };
  try {
    await performScript(name, script, target);
    await health(target.port);
  } catch (error) {
    return error;
  }
  server.kill("SIGTERM");
  return faultOf(await server.exit());
}

/** Removes the parts of a script that it does not need to fail, and prints the rest. */
async function shrink(name: ScriptName, limited: boolean): Promise<void> {
  let script = scriptOf(name);
  let problem = await tryAlone(name, script, limited);
  if (problem === undefined) return console.error("Played alone, it does not fail");
  for (let size = script.parts.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < script.parts.length;) {
      const shorter = { ...script, parts: script.parts.toSpliced(at, size) };
      const still = await tryAlone(name, shorter, limited);
      if (still === undefined) at += size;
      else [script, problem] = [shorter, still];
    }
  }
  console.error(
    `Shrunk to ${script.parts.length} parts (${script.kind}, ${script.ending}): ${problem}`,
  );
  for (const part of script.parts) {
    const text = JSON.stringify(new TextDecoder().decode(unmask(part).slice(0, PRINTED_BYTES)));
    console.error(`  ${part.length} bytes: ${part.slice(0, PRINTED_BYTES).toHex()} ${text}`);
  }
}

/** A short frame without its mask, which makes it readable. */
function unmask(part: Uint8Array): Uint8Array {
  const start = { 126: 8, 127: 14 }[(part[1] ?? 0) & 0x7f] ?? 6;
  return part.map((byte, i) => i < start ? byte : byte ^ (part[start - 4 + (i - start) % 4] ?? 0));
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function fuzz({ seed, commands, connections }: Options, limited: boolean): Promise<void> {
  const start = performance.now();
  console.log(
    `A server with ${limited ? "the default limits" : "limits lifted, and a data folder"}`,
  );
  await using folder = await dataFolder();
  await using server = await ServerProcess.start({ environment: environmentOf(limited, folder) });
  const target = { port: await server.port(), shared: oracleOf(limited), limited };
  const report = await fuzzServer(target, seed, { commands, connections }, (phase, number) => {
    if (number % 1000 === 0) console.log(`  ${phase}: ${number} connections, ${seconds(start)}`);
  });
  for (const kind of Object.keys(report.outcomes).sort()) {
    console.log(`  ${kind}: ${Deno.inspect(report.outcomes[kind], { breakLength: Infinity })}`);
  }
  console.log("  answers:", Object.fromEntries([...report.answers].sort()));
  const { legal, illegal, messages } = report;
  console.log(
    `  handled: ${legal} commands and ${illegal} other frames; ${messages} messages observed`,
  );
  server.kill("SIGTERM");
  const fault = faultOf(await server.exit());
  if (fault !== undefined) throw new Error(fault);
  console.log(`  no failure after ${seconds(start)}`);
}

const options = parseOptions(Deno.args);
console.log(`Seed ${options.seed}`);
console.log("parseCommand()");
console.table(fuzzParser(options.seed, options.commands));
for (const limited of [false, true]) {
  try {
    await fuzz(options, limited);
  } catch (error) {
    console.error(error);
    console.error(`To reproduce: deno task fuzz --seed=${options.seed}`);
    if (error instanceof FuzzFailure) await shrink(error.script, limited);
    Deno.exit(1);
  }
}
