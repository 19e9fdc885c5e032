/**
 * What came out of all rounds: medians, and how the first contender compares with the others.
 *
 * @module
 */

import type { Figure, Outcome } from "./plan.ts";

/** The values of a figure for each contender, one a round; NaN where a run failed. */
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

  /** Adds what a contender did in the next round. */
  add(contender: string, outcome: Outcome | undefined): void {
    (this.values[contender] ??= []).push(outcome === undefined ? NaN : this.#of(outcome));
  }

  /** A contender's median. */
  median(contender: string): number {
    return median(this.values[contender] ?? []);
  }

  /**
   * How many times as good `ours` is as `theirs`: the median of the rounds, each with itself.
   * More is better if it is per second, less if it is anything else.
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

/** The median of what is not NaN. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = NaN, high = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
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

/** A Markdown table, its columns padded so that it can be read as it is. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) =>
    Math.max(title.length, ...lines.map((line) => line[i]?.length ?? 0))
  );
  const row = (cells: readonly string[]): string =>
    `| ${
      cells.map((cell, i) => cell[i === 0 ? "padEnd" : "padStart"](widths[i] ?? 0)).join(" | ")
    } |`;
  const rule = `| ${
    widths.map((width, i) => "-".repeat(width - (i && 1)) + (i ? ":" : "")).join(" | ")
  } |`;
  return [row(head), rule, ...lines.map(row)].join("\n");
}

/** A value with its unit, with as many digits as mean anything. */
export function format(value: number, unit: Figure["unit"]): string {
  if (Number.isNaN(value)) return "–";
  const [scaled, suffix] = unit === "/s" && value >= 10_000 ? [value / 1000, "k/s"] : [value, unit];
  const digits = scaled < 10 ? 2 : scaled < 100 ? 1 : 0;
  const number = scaled.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return unit === "×" ? `${number}×` : `${number} ${suffix}`;
}
