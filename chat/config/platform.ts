/**
 * The default memory limit, which depends on the machine.
 *
 * @module
 */

/** The machine on which the server runs. A missing field is unknown. */
export interface Platform {
  /** Whether this is an instance of Deno Deploy. */
  readonly isDenoDeploy?: boolean;
  /** The memory limit of the process' cgroup, in bytes. */
  readonly cgroupBytes?: number;
}

/** Ten thousand connections take 280 MB, messages and receipts 256 MiB each. */
export const DEFAULT_MEMORY_MB = 1024;

/** An instance of Deno Deploy has 512 MB; another page of its documentation says 768. */
const DENO_DEPLOY_MEMORY_MB = 200;

/**
 * The default of `CHAT_MAX_MEMORY_MB`: at most half of the cgroup's limit, since the runtime may
 * need as much again for a frame that it assembles.
 */
export function defaultMemoryMb(platform: Platform): number {
  const { isDenoDeploy = false, cgroupBytes = Infinity } = platform;
  const most = isDenoDeploy ? DENO_DEPLOY_MEMORY_MB : DEFAULT_MEMORY_MB;
  // At least 1, since 0 means no limit.
  return Math.max(1, Math.min(most, Math.floor(cgroupBytes / 2 / 2 ** 20)));
}
