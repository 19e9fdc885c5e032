/// <reference lib="dom" />

/**
 * What a newcomer reads above the field for the name.
 *
 * @module
 */

/** @import { Facts } from "./facts.js" */
import { byId, setText } from "./dom.js";
import { describeKeeping, describePeople, USUAL_FACTS } from "./facts.js";
import { askFacts } from "./probe.js";

/**
 * @returns {(isNew: boolean) => void} draws it, or takes it away
 */
export function createWelcomeView() {
  const dialog = byId("entrance", HTMLDialogElement);
  const welcome = byId("welcome", HTMLElement);
  const keeping = byId("welcome-keeping", HTMLElement);
  const people = byId("welcome-people", HTMLElement);
  let isAsked = false;

  async function askServer() {
    // They take the place of the true ones, unseen, so that nothing moves.
    draw(USUAL_FACTS);
    const facts = await askFacts();
    if (facts === undefined) return;
    draw(facts);
    welcome.classList.add("known");
  }

  /** @param {Facts} facts */
  function draw(facts) {
    setText(keeping, describeKeeping(facts));
    setText(people, describePeople(facts));
  }

  return (isNew) => {
    welcome.hidden = !isNew;
    if (!isNew) return dialog.removeAttribute("aria-describedby");
    dialog.setAttribute("aria-describedby", welcome.id);
    if (!isAsked) askServer();
    isAsked = true;
  };
}
