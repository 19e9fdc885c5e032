/**
 * A model of many nodes over one or several feeds: the traffic of each part, from users in rooms.
 *
 * @module
 */

import type { SeededRandom } from "../../tests/support/seeded_random.ts";

/** A chat to simulate. */
export interface Scenario {
  readonly nodes: number;
  /** The feeds among which rooms are divided, each on a Redis of its own. */
  readonly shards: number;
  readonly users: number;
  readonly rooms: number;
  readonly roomsPerUser: number;
  /** Messages that a user writes in a minute, each in one of the user's rooms. */
  readonly perMinute: number;
  /** The size of a message in the feed. */
  readonly bytes: number;
}

/** The work of a Redis and of a node, in microseconds of a core. */
export interface Costs {
  /** Of Redis: to take a message, and to give it to one node. */
  readonly writeUs: number;
  readonly readUs: number;
  /** Of a node: to drop a message of a room in which it has nobody. */
  readonly dropUs: number;
}

/** The traffic in a simulated chat. */
export interface Traffic {
  readonly messagesPerSecond: number;
  /** The share of the rooms, and of the messages, that a node has members for. */
  readonly roomsNeeded: number;
  readonly messagesNeeded: number;
  /** The share of the feeds that a node has to read. */
  readonly shardsNeeded: number;
  /** Of the busiest feed. */
  readonly feedMessagesPerSecond: number;
  /** Bytes a second that all nodes together read of the busiest feed. */
  readonly feedBytesPerSecond: number;
  /** The share of a core that the busiest Redis takes. */
  readonly redisCore: number;
  /** The share of a core that a node spends on messages for nobody. */
  readonly wastedCore: number;
}

/**
 * Puts users into rooms and at nodes by chance, and adds up the traffic. The n-th room is joined in
 * proportion to 1/n, so that a few rooms are large and most are small.
 */
export function simulate(scenario: Scenario, costs: Costs, random: SeededRandom): Traffic {
  const { nodes, shards, users, rooms, roomsPerUser, perMinute, bytes } = scenario;
  const pick = zipf(rooms, random);
  /** Messages a second, by room. */
  const rates = new Float64Array(rooms);
  /** Returns true if a node has a member of a room. */
  const needs = new Uint8Array(rooms * nodes);
  for (let user = 0; user < users; user++) {
    const node = random.below(nodes);
    for (let i = 0; i < roomsPerUser; i++) {
      const room = pick();
      rates[room] = (rates[room] ?? 0) + perMinute / 60 / roomsPerUser;
      needs[room * nodes + node] = 1;
    }
  }
  const feeds = new Float64Array(shards);
  const needsShard = new Uint8Array(shards * nodes);
  let [messages, peopled, neededRooms, neededMessages] = [0, 0, 0, 0];
  for (let room = 0; room < rooms; room++) {
    const rate = rates[room] ?? 0;
    if (rate === 0) continue;
    const shard = room % shards;
    peopled++;
    messages += rate;
    feeds[shard] = (feeds[shard] ?? 0) + rate;
    for (let node = 0; node < nodes; node++) {
      if (needs[room * nodes + node] === 0) continue;
      neededRooms++;
      neededMessages += rate;
      needsShard[shard * nodes + node] = 1;
    }
  }
  const busiest = Math.max(...feeds);
  const shardsNeeded = needsShard.reduce((sum, each) => sum + each, 0) / (shards * nodes);
  const readers = nodes * shardsNeeded;
  const messagesNeeded = neededMessages / (messages * nodes);
  return {
    messagesPerSecond: messages,
    roomsNeeded: neededRooms / (peopled * nodes),
    messagesNeeded,
    shardsNeeded,
    feedMessagesPerSecond: busiest,
    feedBytesPerSecond: busiest * bytes * readers,
    redisCore: busiest * (costs.writeUs + readers * costs.readUs) / 1e6,
    wastedCore: messages * (shardsNeeded - messagesNeeded) * costs.dropUs / 1e6,
  };
}

/** The messages a second at which one Redis has no time left, for a number of nodes. */
export function limitOfRedis(nodes: number, { writeUs, readUs }: Costs): number {
  return 1e6 / (writeUs + nodes * readUs);
}

/** Returns a function that picks a room, the n-th in proportion to 1/n. */
function zipf(rooms: number, random: SeededRandom): () => number {
  const sums = new Float64Array(rooms);
  let sum = 0;
  for (let room = 0; room < rooms; room++) sums[room] = sum += 1 / (room + 1);
  return () => {
    const at = random.next() * sum;
    let [low, high] = [0, rooms - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? sum) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
