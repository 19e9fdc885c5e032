/**
 * The load generator: a process that runs one {@linkcode Job}, given as JSON in its first argument,
 * and prints the {@linkcode Measurements} as one line of JSON.
 *
 * @module
 */

import { work } from "../support/processes.ts";
import { runWorkload } from "./load.ts";
import { PROTOCOLS } from "./protocols.ts";
import type { Job } from "./workloads.ts";

await work(({ protocol, workload, ...server }: Job) =>
  runWorkload({ ...server, protocol: PROTOCOLS[protocol] }, workload)
);
