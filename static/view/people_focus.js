/// <reference lib="dom" />

/**
 * Focus in the list of people. It stays with a person who is renamed, also behind that person's menu,
 * and goes to the next one when the person leaves.
 *
 * @module
 */

import { listenToLostFocus } from "./dialog.js";
import { byId } from "./dom.js";

const MORE = "[data-person]";

/**
 * @returns {() => void}
 */
export function createPeopleFocusView() {
  const list = byId("members", HTMLElement);
  /**
   * The control of the list that has the focus, or had it when a dialog was opened.
   *
   * @type {{ control: HTMLElement, index: number, person: string } | null}
   */
  let held = null;

  document.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    const dialog = target.closest("dialog");
    // The focus comes back from a dialog, other than the drawer that the list may be in.
    if (dialog !== null && !dialog.contains(list)) return;
    const item = target.closest("#members > li");
    held = item && {
      control: target,
      index: [...list.children].indexOf(item),
      person: item.querySelector(MORE)?.getAttribute("data-person") ?? "",
    };
  });
  listenToLostFocus(restore);

  function restore() {
    if (held === null) return;
    const { control, index, person } = held;
    const same = list.querySelector(`[data-person="${CSS.escape(person)}"]`)?.closest("li");
    const item = same ?? list.children[Math.min(index, list.children.length - 1)];
    const [name, more] = [".mentionable", MORE].map((kind) => item?.querySelector(kind));
    if (!(name instanceof HTMLElement) || !(more instanceof HTMLElement)) return list.focus();
    // The other button shows once the focus is in its row.
    name.focus();
    if (control.matches(MORE)) more.focus();
  }

  return () => {
    if (held?.control.isConnected === false && document.activeElement === document.body) restore();
  };
}
