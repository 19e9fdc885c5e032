/**
 * The load generator: a process of its own, that does the {@linkcode Job} it is given as its
 * argument in JSON and prints its {@linkcode Findings} as one line of JSON.
 *
 * Its clients stay connected until its input ends, so that the server can be looked at meanwhile.
 *
 * @module
 */

import { DIALECTS } from "./dialects.ts";
import type { Job } from "./jobs.ts";
import { run } from "./load.ts";

const { port, serverPid, dialect, load }: Job = JSON.parse(Deno.args[0] ?? "");

console.log(JSON.stringify(await run({ port, serverPid, dialect: DIALECTS[dialect] }, load)));
await Deno.stdin.read(new Uint8Array(1));
Deno.exit(0);
