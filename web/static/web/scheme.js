/* Runs before the first paint: « comme le système » becomes light or dark. Leaves the choice itself
   to the form of the footer, which the server remembers. */
(function () {
  const root = document.documentElement;
  if (root.dataset.scheme !== "system") return;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = function () {
    const theme = dark.matches ? "dark" : "light";
    root.dataset.theme = theme;
    root.setAttribute("data-fr-theme", theme);
  };
  apply();
  dark.addEventListener("change", apply);
})();
