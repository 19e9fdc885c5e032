/**
 * The results of all rounds: medians, and ratios between the first contender and the others.
 *
 * @module
 */

import { median } from "../support/median.ts";
import { table } from "../support/table.ts";
import type { Figure, Outcome } from "./plan.ts";

/** A figure's values by contender, one a round. NaN where the trial failed. */
export class Row {
  readonly label: string;
  readonly unit: Figure["unit"];
  readonly values: Record<string, number[]> = {};
  readonly #of: Figure["of"];

  constructor({ label, unit, of }: Figure) {
    this.label = label;
    this.unit = unit;
    this.#of = of;
  }

  /** Adds a contender's outcome of the next round. */
  add(contender: string, outcome: Outcome | undefined): void {
    (this.values[contender] ??= []).push(outcome === undefined ? NaN : this.#of(outcome));
  }

  /** A contender's median. */
  median(contender: string): number {
    return median(this.values[contender] ?? []);
  }

  /**
   * How many times as good `ours` is as `theirs`: the median of the ratios within each round.
   * Rates are better when they are larger, all other units when they are smaller.
   */
  ratio(ours: string, theirs: string): number {
    const their = this.values[theirs] ?? [];
    const ratios = (this.values[ours] ?? []).map((our, i) => our / (their[i] ?? NaN));
    return median(this.unit === "/s" ? ratios : ratios.map((ratio) => 1 / ratio));
  }

  toJSON(): unknown {
    const medians = Object.keys(this.values).map((name) => [name, this.median(name)]);
    const { label, unit, values } = this;
    return { label, unit, medians: Object.fromEntries(medians), values };
  }
}

/** A Markdown table: medians, and in brackets how many times as good the first contender is. */
export function markdown(rows: readonly Row[], contenders: readonly string[]): string {
  const [ours = "", ...others] = contenders;
  const lines = rows.map((row) => [
    row.label,
    format(row.median(ours), row.unit),
    ...others.map((their) => {
      const value = row.median(their);
      return Number.isNaN(value)
        ? ""
        : `${format(value, row.unit)} (${format(row.ratio(ours, their), "×")})`;
    }),
  ]);
  return table(["", ...contenders], lines);
}

/** Formats a value with its unit, to three significant digits; a number of things in full. */
export function format(value: number, unit: Figure["unit"]): string {
  if (Number.isNaN(value)) return "–";
  const [scaled, suffix] = unit === "/s" && value >= 10_000 ? [value / 1000, "k/s"] : [value, unit];
  const digits = unit === "" ? 0 : scaled < 10 ? 2 : scaled < 100 ? 1 : 0;
  const number = scaled.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return unit === "×" ? `${number}×` : `${number} ${suffix}`.trim();
}
