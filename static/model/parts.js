/**
 * Parts of the reducer that no first drawing needs.
 *
 * @module
 */

/** @import { ReducerPart } from "./reduce.js" */
import { reduceDirectory } from "./directory.js";
import { reduceLatePages } from "./late_pages.js";
import { reduceModerating } from "./moderating.js";
import { reducePasses } from "./passes_reducer.js";
import { reducePast } from "./past_reducer.js";
import { reduceQuotes } from "./quote_requests.js";
import { reduceReactions } from "./reacting.js";
import { reduceRoomSettings } from "./room_settings.js";
import { reduceSearch } from "./search_reducer.js";
import { reduceSilence } from "./silence_reducer.js";

/** @type {readonly ReducerPart[]} */
export const PARTS = [
  reducePast,
  reduceSearch,
  reduceReactions,
  reduceQuotes,
  reduceLatePages,
  reduceRoomSettings,
  reduceModerating,
  reduceDirectory,
  reducePasses,
  reduceSilence,
];
