/**
 * The table of the resources of the HTTP API.
 *
 * @module
 */

import type { Resource } from "./call.ts";
import { streamEvents } from "./events.ts";
import { exportMessages } from "./export.ts";
import { deleteMessage, editMessage, getMessages } from "./messages.ts";
import { postMessage } from "./post.ts";
import { getRooms } from "./rooms.ts";

/** The resources of the HTTP API. The first whose pattern matches a path is taken. */
export const RESOURCES: readonly Resource[] = [
  { path: "/api/rooms", acts: { GET: getRooms } },
  { path: "/api/rooms/{room}/messages", acts: { GET: getMessages, POST: postMessage } },
  { path: "/api/rooms/{room}/messages/{id}", acts: { PATCH: editMessage, DELETE: deleteMessage } },
  { path: "/api/rooms/{room}/export", acts: { GET: exportMessages } },
  { path: "/api/rooms/{room}/events", acts: { GET: streamEvents } },
];
