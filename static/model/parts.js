/**
 * Parts of the reducer that no first drawing needs.
 *
 * @module
 */

/** @import { ReducerPart } from "./reduce.js" */
import { reducePast } from "./past_reducer.js";
import { reduceReactions } from "./reacting.js";
import { reduceSearch } from "./search_reducer.js";

/** @type {readonly ReducerPart[]} */
export const PARTS = [reducePast, reduceSearch, reduceReactions];
