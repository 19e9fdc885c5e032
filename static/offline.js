/// <reference lib="dom" />

/**
 * Offline page: opens the app as soon as the server answers again.
 *
 * @module
 */

const RETRY_MS = 3000;

const reason = document.getElementById("reason");
const outcome = document.getElementById("outcome");

document.getElementById("retry")?.addEventListener("click", async () => {
  if (outcome !== null) outcome.textContent = "Trying…";
  await retry();
  if (outcome !== null) outcome.textContent = "Still no answer.";
});
addEventListener("online", retry);
addEventListener("offline", () => explain(0));
document.addEventListener("visibilitychange", retry);
setInterval(retry, RETRY_MS);
explain(0);

async function retry() {
  if (document.hidden) return;
  try {
    const { ok, status } = await fetch(new URL("healthz", import.meta.url), { cache: "no-store" });
    if (ok) location.reload();
    else explain(status);
  } catch {
    explain(0);
  }
}

/**
 * Explains why the app can't be opened.
 *
 * @param {number} status that of `/healthz`, 0 where there is no answer
 */
function explain(status) {
  let text = "No connection to the chat";
  if (!navigator.onLine) text = "You are offline";
  else if (status === 503) text = "The chat is being stopped, perhaps to start again";
  // Unchanged text is not spoken again.
  if (reason !== null && reason.textContent !== text) reason.textContent = text;
}
