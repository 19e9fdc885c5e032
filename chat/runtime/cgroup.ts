/**
 * The cgroup of the process.
 *
 * @module
 */

import process from "node:process";
import { isGranted } from "./permissions.ts";

/** The memory limit of the cgroup, in bytes; `Infinity` if there is none or it is unknown. */
export function cgroupBytes(): number {
  if (!isGranted({ name: "sys", kind: "systemMemoryInfo" })) return Infinity;
  // Deno 2.5 lacks this function. It returns 0 where there is no limit.
  return process.constrainedMemory?.() || Infinity;
}
