/**
 * The panel's tabs (WAI-ARIA tabs pattern) and, on a phone, the choice between list and map.
 * Leaves what the panes hold to the server and to sheet.js.
 */

/** The tabs of the panel; without script every pane stays in the page. */
export class Tabs {
  constructor(root) {
    this.root = root;
    this.list = root.querySelector("[role=tablist]");
    this.tabs = [...this.list.querySelectorAll("[role=tab]")];
    root.querySelector("[data-onglets]").hidden = false;
    const widen = root.querySelector("[data-elargir]");
    widen.addEventListener("click", () => {
      const wide = root.classList.toggle("carte--wide");
      widen.setAttribute("aria-pressed", String(wide));
      widen.textContent = wide ? "Rétrécir" : "Élargir";
    });
    for (const tab of this.tabs) {
      const pane = this.pane(tab);
      pane.setAttribute("role", "tabpanel");
      pane.setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", () => this.show(pane.id));
    }
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.show("liste");
  }

  pane(tab) {
    return document.getElementById(tab.getAttribute("aria-controls"));
  }

  /** Show one pane, without moving the focus. */
  show(id) {
    for (const tab of this.tabs) {
      const pane = this.pane(tab);
      const chosen = pane.id === id;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      pane.hidden = !chosen;
    }
    this.shown = id;
    this.root.dataset.pane = id;
  }

  key(event) {
    const moves = { ArrowRight: 1, ArrowLeft: -1, Home: -this.tabs.length, End: this.tabs.length };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const last = this.tabs.length - 1;
    const now = this.tabs.indexOf(document.activeElement);
    const wanted = Math.min(last, Math.max(0, now + moves[event.key]));
    this.show(this.pane(this.tabs[wanted]).id);
    this.tabs[wanted].focus();
  }
}

/** List or map on a narrow screen; on a wide one both are there. */
export class Faces {
  constructor(root, onMap) {
    this.root = root;
    this.onMap = onMap;
    this.toMap = root.querySelector("[data-face-map]");
    this.toList = root.querySelector("[data-face-list]");
    this.title = root.querySelector("#carte-region");
    this.narrow = matchMedia("(width < 62rem)");
    this.toMap.addEventListener("click", (event) => this.go(event, "map"));
    this.toList.addEventListener("click", (event) => this.go(event, "list"));
    this.show(root.dataset.face === "map" ? "map" : "list");
  }

  go(event, face) {
    event.preventDefault();
    this.show(face);
    const target = face === "map" ? "carte" : "liste";
    document.getElementById(target)?.focus({ preventScroll: true });
    this.root.scrollIntoView({ block: "start" });
  }

  show(face) {
    this.root.dataset.face = face;
    this.toMap.hidden = face === "map";
    this.toList.hidden = face === "list";
    // On a narrow screen the map takes the place of the page's title: its own becomes the first.
    const first = face === "map" && this.narrow.matches;
    this.title.role = first ? "heading" : null;
    this.title.ariaLevel = first ? "1" : null;
    if (face === "map") this.onMap();
  }
}
