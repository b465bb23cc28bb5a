/**
 * The layer switcher: a disclosure with one radio a background, one checkbox and one slider an
 * overlay. Leaves what is drawn to backgrounds.js.
 */
import { NONE } from "./backgrounds.js";
import { element, icon } from "./controls.js";

let count = 0;

export class SwitcherControl {
  constructor(backgrounds) {
    this.backgrounds = backgrounds;
  }

  onAdd(map) {
    count += 1;
    this.id = `map-switcher-${count}`;
    this.button = element("button", {
      type: "button",
      class: "map-switcher__button",
      "aria-expanded": "false",
      "aria-controls": this.id,
      "aria-label": "Fonds de carte",
      title: "Fonds de carte",
    });
    this.button.append(icon("M12 3l9 5-9 5-9-5zm-7.1 8L12 15l7.1-4L21 12l-9 5-9-5zm0 4L12 19l7.1-4L21 16l-9 5-9-5z"));
    this.panel = element("div", { id: this.id, class: "map-switcher__panel" });
    this.panel.hidden = true;
    this.button.addEventListener("click", () => this.open(this.panel.hidden));
    this.box = element("div", { class: "maplibregl-ctrl map-switcher" });
    this.box.append(element("div", { class: "maplibregl-ctrl-group" }, this.button), this.panel);
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.panel.hidden) return;
      this.open(false);
      this.button.focus();
    });
    // A click inside belongs to the panel, never to the map below it.
    for (const name of ["click", "dblclick", "mousedown", "wheel", "touchstart"]) {
      this.box.addEventListener(name, (event) => event.stopPropagation(), { passive: true });
    }
    map.on("backgrounds", () => this.draw());
    this.draw();
    return this.box;
  }

  onRemove() {
    this.box.remove();
  }

  open(yes) {
    this.panel.hidden = !yes;
    this.button.setAttribute("aria-expanded", String(yes));
  }

  draw() {
    const key = this.backgrounds.layers.map((layer) => layer.slug).join();
    if (key !== this.drawn) {
      this.drawn = key;
      this.panel.replaceChildren(this.radios(), ...this.overlays());
    }
    for (const mention of this.panel.querySelectorAll("[data-away]")) {
      mention.hidden = !this.backgrounds.away.has(mention.dataset.away);
    }
    for (const input of this.panel.querySelectorAll("input[type=radio]")) {
      input.checked = input.value === this.backgrounds.shown;
    }
  }

  radios() {
    const group = element("fieldset", {}, element("legend", {}, "Fond de carte"));
    const full = this.backgrounds.layers.filter((layer) => !layer.overlay);
    for (const layer of [...full, { slug: NONE, title: "Territoires seuls" }]) {
      const input = element("input", { type: "radio", name: this.id, value: layer.slug });
      input.addEventListener("change", () => this.backgrounds.show(layer.slug));
      group.append(label(input, layer));
    }
    return group;
  }

  overlays() {
    return this.backgrounds.layers
      .filter((layer) => layer.overlay)
      .map((layer) => {
        const box = element("input", { type: "checkbox", value: layer.slug });
        const range = element("input", {
          type: "range",
          min: "10",
          max: "100",
          step: "10",
          value: "70",
          "aria-label": `Opacité : ${layer.title}`,
        });
        range.disabled = true;
        const apply = () => {
          range.disabled = !box.checked;
          this.backgrounds.overlay(layer.slug, box.checked ? Number(range.value) / 100 : 0);
        };
        box.addEventListener("change", apply);
        range.addEventListener("input", apply);
        const group = element("fieldset", {}, element("legend", {}, "Par-dessus"));
        group.append(label(box, layer), range);
        return group;
      });
  }
}

function label(input, layer) {
  const away = element("span", { class: "map-switcher__away", "data-away": layer.slug }, " (indisponible)");
  away.hidden = true;
  return element("label", {}, input, element("span", {}, layer.title, away));
}
