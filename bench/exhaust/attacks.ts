/**
 * The list of all attacks.
 *
 * @module
 */

import type { Attack } from "./attack.ts";
import { API_ATTACKS } from "./attacks_by_api.ts";
import { COMMAND_ATTACKS } from "./attacks_by_commands.ts";
import { FRAME_ATTACKS } from "./attacks_by_frames.ts";
import { REQUEST_ATTACKS } from "./attacks_by_requests.ts";
import { CONNECTION_ATTACKS } from "./attacks_by_connections.ts";
import { SHARED_RESOURCE_ATTACKS } from "./attacks_on_shared_resources.ts";

/** All attacks. Unless its name says otherwise, each client of an attack has its own address. */
export const ATTACKS: readonly Attack[] = [
  ...CONNECTION_ATTACKS,
  ...REQUEST_ATTACKS,
  ...API_ATTACKS,
  ...FRAME_ATTACKS,
  ...COMMAND_ATTACKS,
  ...SHARED_RESOURCE_ATTACKS,
];
