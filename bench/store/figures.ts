/**
 * Figures of the store, and the goals of some of them.
 *
 * @module
 */

import type { Figure as Compared } from "../compare/plan.ts";
import { format } from "../compare/results.ts";
import { table } from "../support/table.ts";

/** A figure, and its goal if it has one. */
export interface Figure {
  readonly label: string;
  readonly unit: Compared["unit"];
  readonly value: number;
  readonly atMost?: number;
}

/** A Markdown table of figures. */
export function figuresTable(figures: readonly Figure[]): string {
  return table(
    ["", "Measured", "Goal", ""],
    figures.map(({ label, unit, value, atMost }) => [
      label,
      format(value, unit),
      atMost === undefined ? "" : `at most ${format(atMost, unit)}`,
      atMost === undefined ? "" : value <= atMost ? "reached" : "missed",
    ]),
  );
}
