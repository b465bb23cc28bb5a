/** The legend's boxes: what is drawn, kept when the counts beside them change. */

export class Legend {
  constructor(root, onChange) {
    this.root = root;
    this.onChange = onChange;
    this.off = new Set();
    root.addEventListener("change", (event) => {
      const box = event.target;
      if (box.type !== "checkbox") return;
      if (box.checked) this.off.delete(box.value);
      else this.off.add(box.value);
      this.onChange();
    });
    this.refresh();
  }

  /** Show the boxes, which say nothing without a map, as the reader left them. */
  refresh() {
    for (const box of this.root.querySelectorAll("input[type=checkbox]")) {
      box.hidden = false;
      box.checked = !this.off.has(box.value);
    }
  }

  values(hook) {
    return [...this.root.querySelectorAll(`input[data-${hook}]`)]
      .map((box) => box.value)
      .filter((value) => !this.off.has(value));
  }

  get states() {
    return this.values("etat");
  }

  get services() {
    return this.values("service");
  }

  shows(layer) {
    return !this.off.has(layer);
  }
}

/** What the legend and the buttons leave of the map, where that is enough for a territory. */
export function free(container) {
  const roomy = container.clientWidth >= 760;
  return { top: 24, bottom: 24, left: roomy ? 272 : 24, right: roomy ? 72 : 24 };
}
