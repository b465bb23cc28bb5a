/** Follows the exports under way: the list is read again every few seconds until all are over. */
import { getFragment } from "../carte/load.js";

const PAUSE_MS = 2000;
const LONGEST_MS = 30_000;

/** @param {Document} page */
export function followExports(page) {
  const list = page.querySelector("[data-exports]");
  if (list) follow(list, PAUSE_MS);
}

function follow(list, pause) {
  if (!list.querySelector("[data-unfinished]")) return;
  setTimeout(async () => {
    // A hidden page asks nothing; it goes on when it is shown again.
    if (document.hidden) {
      document.addEventListener("visibilitychange", () => follow(list, PAUSE_MS), { once: true });
      return;
    }
    let next = PAUSE_MS;
    try {
      swap(list, await getFragment(list.dataset.exports));
    } catch {
      next = Math.min(pause * 2, LONGEST_MS);
    }
    follow(list, next);
  }, pause);
}

/** Puts the new list in place unless somebody is on one of its buttons. */
function swap(list, nodes) {
  if (list.contains(document.activeElement)) return;
  list.replaceChildren(...nodes);
}
