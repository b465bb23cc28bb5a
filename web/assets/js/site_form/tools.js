/**
 * The buttons over the map: place the point, draw the outline, edit it, undo, clear; and the small
 * moves of the point. Each has a text field that does the same.
 */

const HELP = {
  point: "Cliquez sur la carte pour placer le point du site.",
  draw: "Cliquez sur chaque sommet, puis « Fermer l’emprise » ou Entrée ; Échap abandonne.",
  edit: "Tirez un sommet, ou corrigez ses coordonnées dans le champ « Emprise ».",
};

// The click that ends an outline, and the second of a double click, place no point.
const DOUBLE_CLICK_MS = 400;

export class Tools {
  constructor(form, place) {
    this.place = place;
    this.current = "point";
    this.panel = form.querySelector("[data-draw]");
    this.help = form.querySelector("[data-draw-help]");
    this.buttons = [...this.panel.querySelectorAll("[data-tool]")];
    for (const button of this.buttons) {
      button.addEventListener("click", () => this.pressed(button.dataset.tool));
    }
    this.nudges(form);
    place.addEventListener("change", () => this.refresh());
  }

  /** Show the tools once there is a map to use them on. */
  attach(map) {
    this.map = map;
    this.endedAt = -Infinity;
    this.downAt = 0;
    map.getCanvas().addEventListener("pointerdown", (event) => {
      this.downAt = event.timeStamp;
    });
    this.panel.hidden = false;
    this.use("point");
  }

  /** Whether a click on the map places the point: it began well after the last outline ended. */
  get placing() {
    return this.current === "point" && this.downAt > this.endedAt + DOUBLE_CLICK_MS;
  }

  async pressed(tool) {
    if (tool === "undo") {
      if (!this.outline?.undo()) this.place.undo();
    } else if (tool === "close") {
      this.outline?.close();
    } else if (tool === "clear") {
      this.outline?.stop();
      this.place.cover([]);
      this.use("point");
    } else {
      await this.use(tool);
    }
  }

  async use(tool) {
    this.current = tool;
    this.outline?.stop();
    this.refresh();
    if (tool === "point") return;
    this.outline ??= await this.load();
    if (this.current !== tool) return;
    const ring = this.place.rings?.[0];
    if (tool === "edit" && ring) this.outline.edit(ring);
    else this.outline.draw();
    this.map.getCanvas().focus();
  }

  /** The drawing library comes only when someone draws. */
  async load() {
    const { Outline } = await import("./outline.js");
    return new Outline(this.map, {
      finished: (ring) => {
        this.endedAt = performance.now();
        this.place.cover(ring);
        this.use("point");
        this.help.textContent = `Emprise fermée : ${ring.length} sommets. ${HELP.point}`;
      },
      changed: (ring) => this.place.cover(ring),
    });
  }

  refresh() {
    this.help.textContent = HELP[this.current] ?? "";
    const covered = (this.place.rings ?? []).length === 1;
    for (const button of this.buttons) {
      const { tool } = button.dataset;
      if (button.hasAttribute("aria-pressed")) {
        button.setAttribute("aria-pressed", String(tool === this.current));
      }
      if (tool === "close") button.hidden = this.current !== "draw";
      if (tool === "edit") button.disabled = !covered;
      if (tool === "clear") button.disabled = this.place.outline.value.trim() === "";
      if (tool === "undo") button.disabled = this.current === "point" && !this.place.undoable;
    }
  }

  nudges(form) {
    const group = form.querySelector("[data-nudge]");
    const step = group.querySelector("[data-nudge-step]");
    group.hidden = false;
    for (const button of group.querySelectorAll("[data-move]")) {
      const [east, north] = button.dataset.move.split(" ").map(Number);
      button.addEventListener("click", () => {
        const metres = Number(step.value);
        this.place.nudge(east * metres, north * metres);
      });
    }
  }
}
