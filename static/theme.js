/// <reference lib="dom" />

/**
 * Look of the page before it is first painted: the chosen theme, the server's accent colour, and the
 * compact page for a frame. A classic script, since modules run too late. The page stores the theme
 * under the same key, and parses the same query.
 */
{
  const root = document.documentElement;
  const { base = "/", accent = "" } = root.dataset;
  const query = new URLSearchParams(location.search);
  const isEmbedded = query.has("embed");
  let theme = isEmbedded ? query.get("theme") : null;
  try {
    // The compact page has no theme of its own: it is in a page that has one.
    if (!isEmbedded) {
      theme = JSON.parse(localStorage.getItem(`parley${base.slice(1)}.theme`) ?? "null");
    }
  } catch {
    // No storage: the theme is the system's.
  }
  if (theme === "light" || theme === "dark") root.dataset["theme"] = theme;

  const colors = accent.split(" ");
  ["--accent-light", "--tint-light", "--accent-dark", "--tint-dark"].forEach((name, index) => {
    root.style.setProperty(name, colors[index] ?? "");
  });

  if (isEmbedded) root.dataset["embed"] = "";
  const { currentScript } = document;
  if (isEmbedded && currentScript instanceof HTMLScriptElement) {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = new URL("embed.css", currentScript.src).href;
    style.setAttribute("blocking", "render");
    document.head.append(style);
  }

  // A sandboxed frame without its origin, for which browsers load no modules.
  if (origin === "null") {
    addEventListener("DOMContentLoaded", () => {
      const problem = document.createElement("p");
      problem.className = "frame-problem";
      problem.textContent = "The chat can’t run in this frame. The page around it must allow it, " +
        "by “allow-scripts allow-same-origin allow-forms” in the frame’s attribute “sandbox”.";
      document.body.replaceChildren(problem);
    });
  }
}
