/**
 * The sheet of the chosen site in the panel, and the row that goes with it.
 * Leaves the sheet's markup to the server and the ring on the map to points.js.
 */
import { getFragment } from "./load.js";

const SIZES = ["basse", "moyenne", "haute"];
const FAILED = "La fiche n’a pas pu être lue. Vérifiez la connexion, puis réessayez.";

export class Sheet {
  constructor(root, address, tabs) {
    this.root = root;
    this.address = address;
    this.tabs = tabs;
    this.box = root.querySelector("[data-fiche]");
    this.empty = root.querySelector("[data-fiche-vide]");
    this.bar = root.querySelector("[data-fiche-barre]");
    this.bar.addEventListener("click", ({ target }) => {
      if (target.matches("[data-fiche-fermer]")) this.leave();
      else if (target.dataset.ficheTaille) this.resize(Number(target.dataset.ficheTaille));
    });
    this.resize(0);
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.tabs.shown === "fiche") this.leave();
    });
  }

  /** Read and show a site's sheet; `from` is where the focus goes back on closing. */
  async open(id, from) {
    this.from = from;
    this.id = id;
    this.abort?.abort();
    this.abort = new AbortController();
    this.box.setAttribute("aria-busy", "true");
    this.tabs.show("fiche");
    let nodes;
    try {
      nodes = await getFragment(this.address.replace("/0/", `/${id}/`), this.abort.signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      nodes = [Object.assign(document.createElement("p"), { textContent: FAILED })];
    }
    this.box.replaceChildren(...nodes);
    this.box.removeAttribute("aria-busy");
    this.empty.hidden = true;
    this.bar.hidden = false;
    this.root.querySelector("[data-pane=fiche]").scrollTop = 0;
    this.box.querySelector("h2")?.focus({ preventScroll: true });
    this.mark(id);
  }

  /** On a phone the sheet lies over the map at one of three heights, reached by buttons. */
  resize(step) {
    const now = SIZES.indexOf(this.root.dataset.taille);
    this.root.dataset.taille = SIZES[Math.min(2, Math.max(0, (now < 0 ? 1 : now) + step))];
  }

  /** Back to the list, and the focus to where the reader was. */
  leave() {
    this.tabs.show("liste");
    this.root.dispatchEvent(new CustomEvent("fiche-fermee"));
    const target = this.from?.isConnected ? this.from : document.getElementById("onglet-liste");
    target?.focus();
  }

  /** Mark the row of a site, if the page of the list holds it. */
  mark(id) {
    for (const row of this.root.querySelectorAll("tr[data-site]")) {
      const chosen = row.dataset.site === String(id);
      row.classList.toggle("carte-chosen", chosen);
      if (chosen) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }
}
