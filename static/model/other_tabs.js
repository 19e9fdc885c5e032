/**
 * Changes stored by other tabs of this user: all tabs share drafts, read positions and settings.
 * Pure.
 *
 * @module
 */

/** @import { Step } from "./step.js" */
import { adoptRevision } from "./editing.js";
import { adoptIgnored } from "./ignoring.js";
import { parseId } from "./names.js";
import { removeItem } from "./outbox.js";
import { NOTIFICATIONS, THEMES } from "./state.js";
import { update, updateRoom } from "./step.js";
import { readElsewhere } from "./unread.js";

/**
 * @param {Step} step
 * @param {string} key as given to `store`
 * @param {unknown} value null: removed
 * @returns {void}
 */
export function adoptStored(step, key, value) {
  const { outbox, name, you } = step.state;
  const [kind = "", ...rest] = key.split(".");
  const item = rest.join(".");
  switch (kind) {
    case "draft":
      return updateRoom(step, item, { draft: typeof value === "string" ? value : "" });
    case "reply":
      return updateRoom(step, item, { replyTo: parseId(String(value)) ?? null });
    case "read":
      return typeof value === "string" ? readElsewhere(step, item, value) : undefined;
    case "outbox":
      // It was acknowledged or discarded there.
      if (value === null) update(step, { outbox: removeItem(outbox, item) });
      else adoptRevision(step, item, value);
      return;
    case "room":
      if (typeof value !== "object" || value === null || !("muted" in value)) return;
      return updateRoom(step, item, { muted: value.muted === true });
    case "name":
      // The server gives all connections of a user the name that came last.
      if (typeof value !== "string" || value === "" || name === "") return;
      return update(step, { name: value, you: you && { ...you, name: value } });
    case "ignored":
      return adoptIgnored(step, item, value);
    case "theme":
      return update(step, { theme: THEMES.find((theme) => theme === value) ?? step.state.theme });
    case "sound":
      return update(step, {
        sound: NOTIFICATIONS.find((choice) => choice === value) ?? step.state.sound,
      });
    case "alerts":
      return update(step, {
        notifications: NOTIFICATIONS.find((choice) => choice === value) ?? step.state.notifications,
      });
  }
}
