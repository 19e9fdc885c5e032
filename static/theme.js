/// <reference lib="dom" />

/**
 * Puts the chosen theme on the page before it is first painted: a classic script, since those of
 * modules run too late. What it reads is written by the page under the same key.
 */
try {
  const theme = JSON.parse(localStorage.getItem("parley.theme") ?? "null");
  if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
} catch {
  // No storage: the theme is the system's.
}
