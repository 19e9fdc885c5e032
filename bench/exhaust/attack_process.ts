/**
 * The process of the attacker: it runs one attack, given by name as JSON in its first argument, and
 * prints what it did as one line of JSON.
 *
 * @module
 */

import { work } from "../support/processes.ts";
import type { AttackTarget } from "./attack.ts";
import { ATTACKS } from "./attacks.ts";

await work(({ attack, ...target }: AttackTarget & { readonly attack: string }) => {
  const found = ATTACKS.find(({ name }) => name === attack);
  if (found === undefined) throw new RangeError(`There is no attack "${attack}"`);
  return found.run(target);
});
