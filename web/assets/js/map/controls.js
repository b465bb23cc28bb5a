/**
 * Controls that MapLibre has not: moving the map without a drag (WCAG 2.5.7), and short notes.
 * Leaves zooming and the scale to MapLibre's own.
 */

const MOVES = [
  ["haut", "Déplacer la carte vers le nord", [0, -1], "M12 6l7 8H5z"],
  ["gauche", "Déplacer la carte vers l’ouest", [-1, 0], "M6 12l8-7v14z"],
  ["droite", "Déplacer la carte vers l’est", [1, 0], "M18 12l-8-7v14z"],
  ["bas", "Déplacer la carte vers le sud", [0, 1], "M12 18l7-8H5z"],
];
const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; text is set as text, never as markup. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** A decorative icon drawn by one path on a box of 24. */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/** Four buttons that move the map by a third of its size. */
export class PanControl {
  onAdd(map) {
    this.box = element("div", {
      class: "maplibregl-ctrl maplibregl-ctrl-group map-pan",
      role: "group",
      "aria-label": "Déplacer la carte",
    });
    for (const [name, label, [dx, dy], path] of MOVES) {
      const button = element("button", {
        type: "button",
        class: `map-pan__${name}`,
        "aria-label": label,
        title: label,
      });
      button.append(icon(path));
      button.addEventListener("click", () => {
        const { clientWidth, clientHeight } = map.getContainer();
        map.panBy([(dx * clientWidth) / 3, (dy * clientHeight) / 3], { duration: 200 });
      });
      this.box.append(button);
    }
    return this.box;
  }

  onRemove() {
    this.box.remove();
  }
}

/** Go back to the whole territory. */
export class HomeControl {
  constructor(bounds, padding, label = "Revenir au territoire entier") {
    this.bounds = bounds;
    this.padding = padding;
    this.label = label;
  }

  onAdd(map) {
    const button = element("button", { type: "button", "aria-label": this.label, title: this.label });
    button.append(icon("M4 10V4h6v2H6v4zm10-6h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z"));
    button.addEventListener("click", () => map.fitBounds(this.bounds, { padding: this.padding }));
    this.box = element("div", { class: "maplibregl-ctrl maplibregl-ctrl-group" }, button);
    return this.box;
  }

  onRemove() {
    this.box.remove();
  }
}

/**
 * One line of text laid on the map: `say` shows it, empty hides it; on a small map `short` stands
 * for it, and the whole is its title. `voice` is called with a new text, for those who do not see
 * it; `retry` is what the button beside the text does, and resolves to whether it did any good.
 * A note that can be tried again can be put away: the same text stays away until the tab closes.
 */
export class Note {
  constructor(container, name, { voice = () => {}, retry, short = "" } = {}) {
    this.voice = voice;
    this.memory = `atlas.avis.${name}`;
    this.text = element("span", { class: "map-note__long" });
    this.line = element("p", { class: "map-note__text" }, this.text);
    if (short) {
      this.line.append(element("span", { class: "map-note__short", "aria-hidden": "true" }, short));
    }
    this.node = element("div", { class: `map-note map-note--${name}` }, this.line);
    if (retry) this.node.append(this.button(retry), this.away());
    this.node.hidden = true;
    let box = container.querySelector(".map-notes");
    if (!box) {
      box = element("div", { class: "map-notes" });
      container.append(box);
    }
    box.append(this.node);
  }

  say(text) {
    if (this.text.textContent === text) return;
    this.text.textContent = text;
    this.line.title = text;
    this.node.hidden = text === "" || this.dismissed() === text;
    if (!this.node.hidden || text === "") this.voice(text);
  }

  /** The text that the reader put away in this tab. */
  dismissed() {
    try {
      return sessionStorage.getItem(this.memory);
    } catch {
      return null;
    }
  }

  away() {
    const label = "Masquer cet avis";
    const button = element("button", {
      type: "button",
      class: "map-note__away",
      "aria-label": label,
      title: label,
    });
    button.append(icon("M6 5l6 6 6-6 1.4 1.4L13.4 12l6 6-1.4 1.4-6-6-6 6L4.6 18l6-6-6-5.6z"));
    button.addEventListener("click", () => {
      this.node.hidden = true;
      try {
        sessionStorage.setItem(this.memory, this.text.textContent);
      } catch {
        // A browser that keeps nothing says it again on the next page.
      }
    });
    return button;
  }

  button(retry) {
    const button = element("button", { type: "button", class: "map-note__retry" }, "Réessayer");
    button.addEventListener("click", async () => {
      if (button.ariaDisabled === "true") return;
      button.ariaDisabled = "true";
      button.textContent = "Essai en cours…";
      const better = await retry();
      button.ariaDisabled = null;
      button.textContent = "Réessayer";
      this.voice(better ? "Le fond est de nouveau dessiné." : `Toujours rien. ${this.text.textContent}`);
    });
    return button;
  }
}
