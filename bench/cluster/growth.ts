/**
 * A chat that grows: what its feeds carry by the model, with costs that were measured.
 *
 * @module
 */

import { SeededRandom } from "../../tests/support/seeded_random.ts";
import { format } from "../compare/results.ts";
import { table } from "../support/table.ts";
import { type Costs, limitOfRedis, type Scenario, simulate } from "./feeds.ts";

/**
 * Rounded up from `deno task bench:cluster --only=feed`, in batches of 32: 33 to 48 µs to write, and up to
 * 1.2 and 1.6 µs for each node that reads, which the noise of a busy machine hides at times.
 */
export const MEASURED: Costs = { writeUs: 45, readUs: 1.2, dropUs: 2 };

/** Of all scenarios: what people in companies write, in three of many rooms. */
const HABITS = { roomsPerUser: 3, perMinute: 1, bytes: 300 };

const SCENARIOS: readonly Scenario[] = [
  { nodes: 2, shards: 1, users: 5000, rooms: 1000, ...HABITS },
  { nodes: 5, shards: 1, users: 50_000, rooms: 10_000, ...HABITS },
  { nodes: 20, shards: 1, users: 500_000, rooms: 100_000, ...HABITS },
  { nodes: 20, shards: 4, users: 500_000, rooms: 100_000, ...HABITS },
  { nodes: 50, shards: 1, users: 1_500_000, rooms: 300_000, ...HABITS },
  { nodes: 50, shards: 4, users: 1_500_000, rooms: 300_000, ...HABITS },
  { nodes: 50, shards: 16, users: 1_500_000, rooms: 300_000, ...HABITS },
];

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.095 ? 1 : 0)}%`;

/** A Markdown table of a growing chat. */
export function growthTable(costs: Costs = MEASURED): string {
  const head = ["nodes, feeds", "users", "messages", "rooms a node needs", "messages it needs"];
  const rows = SCENARIOS.map((scenario) => {
    const traffic = simulate(scenario, costs, new SeededRandom(1));
    return [
      `${scenario.nodes}, ${scenario.shards}`,
      scenario.users.toLocaleString("en"),
      format(traffic.messagesPerSecond, "/s"),
      percent(traffic.roomsNeeded),
      percent(traffic.messagesNeeded),
      `${format(traffic.feedBytesPerSecond / 1e6, "MB")}/s`,
      percent(traffic.redisCore),
      percent(traffic.wastedCore),
    ];
  });
  const loads = ["read of a feed", "core of its Redis", "core of a node for nobody"];
  return table([...head, ...loads], rows);
}

/** A Markdown table of the messages a second at which one Redis is full. */
export function limitsTable(costs: Costs = MEASURED): string {
  const nodes = [1, 3, 10, 30, 100];
  const limits = nodes.map((count) => format(limitOfRedis(count, costs), "/s"));
  return table(["nodes", ...nodes.map(String)], [["messages", ...limits]]);
}
