/**
 * The menu of small screens: closed until asked for. Without script it stays open, under the header.
 */

/** @param {Document} page */
export function enhanceMenu(page) {
  const toggle = page.querySelector("[data-menu-toggle]");
  const menu = toggle && page.getElementById(toggle.getAttribute("aria-controls"));
  if (!menu) return;
  page.documentElement.classList.add("at-js");
  const show = (open) => {
    menu.classList.toggle("at-menu--open", open);
    toggle.setAttribute("aria-expanded", String(open));
  };
  toggle.addEventListener("click", () => show(toggle.getAttribute("aria-expanded") !== "true"));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || toggle.getAttribute("aria-expanded") !== "true") return;
    show(false);
    toggle.focus();
  });
  const skip = page.querySelector('a[href="#navigation"]');
  skip?.addEventListener("click", () => show(true));
}
