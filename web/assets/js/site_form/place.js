/**
 * Where the site is, as the fields say it: the one truth of the form. The map, the search and the
 * buttons write here and are told of each change; every change can be undone.
 */
import { moved } from "./geodesy.js";
import { countVertices, readOutline, readPosition, writePosition, writeRing } from "./texts.js";

const MEMORY = 50;

export class Place extends EventTarget {
  /**
   * @param {HTMLFormElement} form
   * @param {{france: number[][], most: number}} aim boxes where a position can be, most vertices
   */
  constructor(form, { france, most }) {
    super();
    this.france = france;
    this.most = most;
    this.form = form;
    this.position = form.elements.position;
    this.outline = form.elements.footprint;
    // The box that takes the recorded outline away: only where there is one.
    this.removal = form.elements.footprint_ended;
    this.removal?.addEventListener("change", () => this.remove(this.removal.checked));
    this.accuracyKept = form.elements.location_accuracy.value;
    this.past = [];
    this.kept = this.state();
    for (const field of [this.position, this.outline]) {
      field.addEventListener("change", () => this.remember());
    }
    // Coordinates that a person writes are exact too.
    this.position.addEventListener("change", () => {
      if (this.position.value.trim()) this.accuracy("exact");
    });
  }

  /** `[lon, lat]`, or null when the text is empty, written another way or not of France. */
  get point() {
    const point = readPosition(this.position.value);
    const inside = ([west, south, east, north]) =>
      west <= point[0] && point[0] <= east && south <= point[1] && point[1] <= north;
    return point && this.france.some(inside) ? point : null;
  }

  /** The rings of the outline, null when the text cannot be read here. */
  get rings() {
    return this.excess ? null : readOutline(this.outline.value);
  }

  /** How many vertices the outline has when they are too many to be read at all; else 0. */
  get excess() {
    const count = countVertices(this.outline.value);
    return count > this.most ? count : 0;
  }

  get undoable() {
    return this.past.length > 0;
  }

  moveTo(lonlat) {
    this.position.value = writePosition(lonlat);
    this.remember();
  }

  /** Place the point where someone pointed: exactly, whatever a search had said before. */
  pointAt(lonlat) {
    this.moveTo(lonlat);
    this.accuracy("exact");
  }

  /** Say how exact the place is, unless the person has said it. */
  accuracy(value) {
    const field = this.form.elements.location_accuracy;
    if (field.value !== this.accuracyKept) return;
    field.value = value;
    this.accuracyKept = value;
  }

  /** Move by metres to the east and the north; false when there is no point yet. */
  nudge(east, north) {
    const from = this.point;
    if (!from) return false;
    this.moveTo(moved(from, east, north));
    return true;
  }

  /** Replace the outline by one ring of `[lon, lat]`; an empty one takes it away. */
  cover(ring) {
    this.outline.value = ring.length > 0 ? writeRing(ring) : "";
    this.remember();
  }

  /** Take the recorded outline away, or put it back. */
  remove(yes) {
    this.outline.value = yes ? "" : this.outline.defaultValue;
    this.remember();
  }

  /** Fill the address from a place found. */
  address(label, precision) {
    this.form.elements.address_label.value = label;
    this.form.elements.address_precision.value = precision;
  }

  undo() {
    const before = this.past.pop();
    if (!before) return;
    [this.position.value, this.outline.value] = before;
    this.kept = before;
    this.tell();
  }

  state() {
    return [this.position.value, this.outline.value];
  }

  remember() {
    const now = this.state();
    if (now.join("\u0000") === this.kept.join("\u0000")) return;
    this.past.push(this.kept);
    if (this.past.length > MEMORY) this.past.shift();
    this.kept = now;
    this.tell();
  }

  tell() {
    if (this.removal) this.removal.checked = this.outline.value.trim() === "";
    this.dispatchEvent(new Event("change"));
  }
}
