/**
 * The cgroup of the process.
 *
 * @module
 */

import process from "node:process";

/** The memory limit of the cgroup, in bytes; `Infinity` if there is none or it is unknown. */
export function cgroupBytes(): number {
  const permission = { name: "sys", kind: "systemMemoryInfo" } as const;
  if (Deno.permissions.querySync(permission).state !== "granted") return Infinity;
  // Deno 2.5 lacks this function. It returns 0 where there is no limit.
  return process.constrainedMemory?.() || Infinity;
}
