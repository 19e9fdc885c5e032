/**
 * The attacker: a process of its own, that does the attack it is given as its argument in JSON and
 * prints what it did as one line of JSON. Its clients stay until it is killed.
 *
 * @module
 */

import { ATTACKS } from "./attacks.ts";
import type { Site } from "./intruders.ts";

const { attack, ...site }: Site & { readonly attack: string } = JSON.parse(Deno.args[0] ?? "");

const found = ATTACKS.find(({ name }) => name === attack);
if (found === undefined) throw new RangeError(`There is no attack "${attack}"`);
console.log(JSON.stringify(await found.run(site)));
await Deno.stdin.read(new Uint8Array(1));
Deno.exit(0);
