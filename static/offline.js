/// <reference lib="dom" />

/**
 * The offline page: opens the app as soon as the server answers again.
 *
 * @module
 */

const RETRY_MS = 3000;

const outcome = document.getElementById("outcome");

document.getElementById("retry")?.addEventListener("click", async () => {
  if (outcome !== null) outcome.textContent = "Trying…";
  await retry();
  if (outcome !== null) outcome.textContent = "Still no answer.";
});
addEventListener("online", retry);
document.addEventListener("visibilitychange", retry);
setInterval(retry, RETRY_MS);

async function retry() {
  if (document.hidden) return;
  try {
    const { ok } = await fetch("/healthz", { cache: "no-store" });
    if (ok) location.reload();
  } catch {
    // Still offline.
  }
}
