/**
 * The table of the resources of the HTTP API.
 *
 * @module
 */

import { postSlackMessage } from "../slack/post.ts";
import type { Resource } from "./call.ts";
import { postMessage } from "./post.ts";

/** The resources of the HTTP API. The first whose pattern matches a path is taken. */
export const RESOURCES: readonly Resource[] = [
  { path: "/api/rooms/{room}/messages", acts: { POST: postMessage } },
  { path: "/api/rooms/{room}/slack", acts: { POST: postSlackMessage } },
];
