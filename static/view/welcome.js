/// <reference lib="dom" />

/**
 * Welcome text for newcomers, above the field for the name.
 *
 * @module
 */

import { byId, setText } from "./dom.js";
import { describeKeeping, describePeople } from "../model/facts.js";
import { askFacts } from "../browser/probe.js";

/**
 * @returns {(isNew: boolean) => void} shows or hides it
 */
export function createWelcomeView() {
  const dialog = byId("name-dialog", HTMLDialogElement);
  const welcome = byId("welcome", HTMLElement);
  const keeping = byId("welcome-keeping", HTMLElement);
  const people = byId("welcome-people", HTMLElement);
  let isAsked = false;

  async function askServer() {
    // Invisible sentences of the usual length reserve the space, so that nothing moves.
    const facts = await askFacts();
    if (facts === undefined) return;
    setText(keeping, describeKeeping(facts));
    setText(people, describePeople(facts));
    people.classList.toggle("untold", facts.users === undefined);
    welcome.classList.add("known");
  }

  return (isNew) => {
    welcome.hidden = !isNew;
    if (!isNew) return dialog.removeAttribute("aria-describedby");
    dialog.setAttribute("aria-describedby", welcome.id);
    if (!isAsked) askServer();
    isAsked = true;
  };
}
