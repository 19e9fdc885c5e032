// The server has no npm dependency, so its import map names none.
// deno-lint-ignore-file no-import-prefix

/**
 * Browser engines of the tests: where Playwright finds them, and how it starts them.
 *
 * @module
 */

import type { Browser, LaunchOptions } from "npm:playwright-core@1.58.2";

/** This machine by a name that is no secure context for browsers. */
export const PLAIN_HOST = "chat.test";

/** An engine in which the browser tests can run. */
export type EngineName = "chromium" | "firefox";

/** One engine's browser. */
export interface Engine {
  readonly path: string;
  /** The path of a headless shell, which starts and loads pages faster; tests use it if it is there. */
  readonly shell?: string;
  /** How to get the browser. */
  readonly need: string;
  readonly options: LaunchOptions;
}

/** The browsers, by their engines. */
export const ENGINES: Readonly<Record<EngineName, Engine>> = {
  chromium: {
    path: Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium",
    shell: Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium-headless-shell",
    need: "Chromium: apt install chromium, or set CHROMIUM to its path",
    options: {
      args: [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // The pages of a user share a process, as they do where memory is short. Each starts sooner.
        "--renderer-process-limit=1",
        `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`,
      ],
    },
  },
  firefox: {
    path: Deno.env.get("FIREFOX") ?? "/usr/bin/firefox-esr",
    need: "Firefox: apt install firefox-esr, or set FIREFOX to its path",
    options: {
      // Mozilla's build of Firefox; Playwright's own build uses another protocol.
      channel: "moz-firefox",
      firefoxUserPrefs: { "network.dns.localDomains": PLAIN_HOST },
    },
  },
};

/** Starts an engine's browser, or its headless shell if that is enough and there is one. */
export async function launch(name: EngineName, isShellEnough: boolean): Promise<Browser> {
  // Loaded only where there is a browser, since nothing else needs it.
  const playwright = await import("npm:playwright-core@1.58.2");
  const { path, shell, options } = ENGINES[name];
  const hasShell = isShellEnough && shell !== undefined && exists(shell);
  return await playwright[name].launch({ executablePath: hasShell ? shell : path, ...options });
}

/** An engine by its name. */
export function parseEngine(name: string): EngineName {
  if (name === "chromium" || name === "firefox") return name;
  throw new RangeError(
    `Cannot parse ENGINE as it must be chromium or firefox: current value is "${name}"`,
  );
}

/** What is missing for a test in an engine's browser, and how to get it. */
export function findNeed(name: EngineName): string | undefined {
  const { path, need } = ENGINES[name];
  if (!exists(path)) return need;
  try {
    // Playwright reads files there, which no narrower permission allows.
    Deno.statSync("/proc/sys");
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return "all permissions: deno test -A";
  }
  return undefined;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
