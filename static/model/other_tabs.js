/**
 * Changes that another tab of this user has stored: both show the same drafts, and what was read in
 * one is read in the other. Pure.
 *
 * @module
 */

/** @import { Turn } from "./step.js" */
import { removeMessage } from "./outbox.js";
import { ALERTS, THEMES } from "./state.js";
import { update, updateRoom } from "./step.js";
import { readElsewhere } from "./unread.js";

/**
 * @param {Turn} turn
 * @param {string} key as given to `store`
 * @param {unknown} value null: removed
 * @returns {void}
 */
export function adoptStored(turn, key, value) {
  const { outbox, name, you } = turn.state;
  const [kind = "", ...rest] = key.split(".");
  const item = rest.join(".");
  switch (kind) {
    case "draft":
      return updateRoom(turn, item, { draft: typeof value === "string" ? value : "" });
    case "read":
      return typeof value === "string" ? readElsewhere(turn, item, value) : undefined;
    case "outbox":
      // Acknowledged or discarded there.
      if (value === null) update(turn, { outbox: removeMessage(outbox, item) });
      return;
    case "room":
      if (typeof value !== "object" || value === null || !("muted" in value)) return;
      return updateRoom(turn, item, { muted: value.muted === true });
    case "name":
      // The server gives all connections of a user the name that came last.
      if (typeof value !== "string" || value === "" || name === "") return;
      return update(turn, { name: value, you: you && { ...you, name: value } });
    case "theme":
      return update(turn, { theme: THEMES.find((theme) => theme === value) ?? turn.state.theme });
    case "alerts":
      return update(turn, {
        alerts: ALERTS.find((choice) => choice === value) ?? turn.state.alerts,
      });
  }
}
