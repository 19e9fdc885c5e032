/// <reference lib="dom" />

/**
 * Sets the chosen theme before the page is first painted. A classic script, since modules run too
 * late. The page stores the theme under the same key.
 */
try {
  const theme = JSON.parse(localStorage.getItem("parley.theme") ?? "null");
  if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
} catch {
  // No storage: the theme is the system's.
}
