/// <reference lib="dom" />
// deno-lint-ignore-file no-import-prefix -- a dependency of the tests in the browser alone

/**
 * Axe: accessibility checks of a page.
 *
 * @module
 */

import axe from "npm:axe-core@4.11.1";
import type { Page } from "./browser.ts";

/** Violations that axe finds, as one line each. */
export async function violationsOf(page: Page): Promise<string[]> {
  // Evaluated, not loaded, since the page's policy blocks other scripts.
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("npm:axe-core@4.11.1") };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`)
    );
  });
}
