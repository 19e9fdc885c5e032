/**
 * Markdown tables.
 *
 * @module
 */

/** A Markdown table with padded columns: the first is aligned left, the others right. */
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
