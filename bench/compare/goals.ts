/**
 * The goals of the comparison: bounds of some figures, and whether they are reached.
 *
 * @module
 */

import { KEPT } from "./contenders.ts";
import type { Row } from "./results.ts";

/** A bound of one figure. */
export interface Goal {
  readonly label: string;
  readonly unit: "×" | "B";
  readonly value: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** The goals whose figures are among the rows. */
export function goals(rows: readonly Row[]): readonly Goal[] {
  const find = (label: string): Row | undefined => rows.find((row) => row.label.startsWith(label));
  const between = (label: string, ours: string, theirs: string, atLeast: number): Goal => {
    const row = find(label);
    const value = row?.ratio(ours, theirs) ?? NaN;
    const whose = ours === "Parley" ? "" : `, ${ours}`;
    return { label: `${row?.label}${whose}, against ${theirs}`, unit: "×", value, atLeast };
  };
  const against = (label: string, contender: string, atLeast: number): Goal =>
    between(label, "Parley", contender, atLeast);
  const ours = (label: string): number => find(label)?.median("Parley") ?? NaN;
  return [
    ...["deliveries, N=200", "deliveries, N=1000"].flatMap((label) => [
      against(label, "Bun publish", 1),
      against(label, "Node ws", 25),
      against(label, "Socket.IO", 25),
      against(label, "bare prototype", 0.9),
    ]),
    ...Object.values(KEPT).flatMap((kept) => [
      between("deliveries, N=200", kept, "Parley", 0.5),
      between("deliveries, N=1000", kept, "Parley", 0.8),
      between("100 messages/s, N=1000, p50", kept, "Parley", 1 / 1.5),
      between("memory per connection", kept, "Parley", 0.9),
    ]),
    against("500 messages/s, N=1000, p50", "Bun publish", 0.5),
    {
      label: "memory per connection",
      unit: "B" as const,
      // With fewer connections, what the process takes once is a larger part of it.
      value: find("connections, N=5000") === undefined ? NaN : ours("memory"),
      atMost: 26_000,
    },
    against("connections, N=", "Node ws", 1.3),
    {
      label: "growth, N=5000 against N=200",
      unit: "×" as const,
      value: ours("growth, N=5000") / ours("growth, N=200"),
      atLeast: 0.7,
    },
  ].filter((goal) => !Number.isNaN(goal.value));
}

/** Whether a goal is reached. */
export function isReached({ value, atLeast = -Infinity, atMost = Infinity }: Goal): boolean {
  return value >= atLeast && value <= atMost;
}
