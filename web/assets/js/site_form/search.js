/**
 * The search of a place as a combobox (ARIA APG, list with manual selection) over /geocodage/.
 * Nothing is applied before the person chooses. Leaves finding to the server.
 */
import { Asker } from "./asker.js";

const PAUSE_MS = 250;
const SHORTEST = 3;
const KINDS = {
  address: "Adresse",
  poi: "Lieu",
  parcel: "Parcelle",
  coordinates: "Coordonnées",
  commune: "Commune",
};
const MUNICIPALITY = "municipality";

/** @param {HTMLFormElement} form @param {import("./place.js").Place} place */
export function enhanceSearch(form, place) {
  const input = form.elements.q;
  const asker = new Asker(form.dataset.search);
  let timer;
  const search = async () => {
    clearTimeout(timer);
    const text = input.value.trim();
    if (text.length < SHORTEST) {
      box.tell(`Écrivez au moins ${SHORTEST} caractères.`);
      return;
    }
    const answer = await asker.ask(text, place.point);
    if (answer) box.show(answer.results, answer.note);
  };
  const box = new Combobox(input, (result) => choose(form, place, result), search);
  const button = form.querySelector("[data-search-button]");
  button.type = "button";
  button.addEventListener("click", () => {
    input.focus();
    search();
  });
  // The search has its own Enter: elsewhere in the form it saves.
  form.querySelector("[data-enter]").value = "save";
  input.addEventListener("input", () => {
    clearTimeout(timer);
    box.close();
    box.tell("");
    if (input.value.trim().length >= SHORTEST) timer = setTimeout(search, PAUSE_MS);
  });
}

function choose(form, place, result) {
  place.moveTo([result.lon, result.lat]);
  if (result.kind === "address") place.address(result.label, result.precision);
  place.accuracy(result.precision === MUNICIPALITY ? "commune" : "exact");
}

class Combobox {
  /** `chosen` is told a result, `search` looks for the text at once. */
  constructor(input, chosen, search) {
    this.input = input;
    this.chosen = chosen;
    this.search = search;
    this.results = [];
    this.active = -1;
    const box = document.createElement("div");
    box.className = "at-combo";
    input.replaceWith(box);
    this.list = Object.assign(document.createElement("ul"), {
      id: `${input.id}-liste`,
      className: "at-combo__list",
      hidden: true,
    });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Lieux trouvés");
    this.status = Object.assign(document.createElement("p"), {
      className: "at-combo__status at-small at-muted",
    });
    this.status.setAttribute("role", "status");
    box.append(input, this.list);
    box.parentElement.after(this.status);
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
    })) {
      input.setAttribute(name, value);
    }
    input.addEventListener("keydown", (event) => this.pressed(event));
    input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
  }

  show(results, note) {
    this.results = results;
    this.active = -1;
    this.list.replaceChildren(...results.map((result, index) => this.option(result, index)));
    this.open(results.length > 0);
    const many = results.length > 1 ? "s" : "";
    const told = results.length > 0 ? `${results.length} proposition${many}` : "Aucun lieu trouvé";
    this.tell(note ? `${told}. ${note}` : told);
  }

  tell(text) {
    this.status.textContent = text;
  }

  option(result, index) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const kind = Object.assign(document.createElement("span"), {
      className: "at-combo__kind",
      textContent: KINDS[result.kind] ?? "",
    });
    if (result.outside) kind.textContent += `${kind.textContent && ", "}hors de votre territoire`;
    item.append(result.label, kind);
    item.addEventListener("mousedown", (event) => event.preventDefault());
    item.addEventListener("click", () => this.take(index));
    return item;
  }

  pressed(event) {
    const last = this.results.length - 1;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && !this.list.hidden) {
      event.preventDefault();
      const next = this.active + steps[event.key];
      this.point(next > last ? 0 : next < 0 ? last : next);
    } else if (event.key === "Enter") {
      // Enter here searches, then chooses; it never sends the whole form.
      event.preventDefault();
      if (this.list.hidden) this.search();
      else this.take(Math.max(this.active, 0));
    } else if (event.key === "Escape") {
      if (this.list.hidden) this.input.value = "";
      this.close();
    }
  }

  point(index) {
    this.active = index;
    [...this.list.children].forEach((item, each) => {
      item.setAttribute("aria-selected", String(each === index));
      if (each === index) item.scrollIntoView({ block: "nearest" });
    });
    this.input.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
  }

  take(index) {
    const result = this.results[index];
    if (!result) return;
    this.input.value = result.label;
    this.close();
    this.tell(`${result.label} : choisi`);
    this.chosen(result);
  }

  open(yes) {
    this.list.hidden = !yes;
    this.input.setAttribute("aria-expanded", String(yes));
    if (!yes) this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.open(false);
  }
}
