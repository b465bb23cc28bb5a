/**
 * The layers of the Géoplateforme under our data, through our own address, and what is said when
 * the service is away. Leaves the base of our territories to style.js and the panel to switcher.js.
 */
import { OUTLINES, palette } from "./style.js";

const AWAY = "indisponible – contours de nos territoires";
const RETRY_S = 30;
const LONGEST_S = 300;
// One tile may fail for itself; several tell that the service is away.
const FAILURES = 3;
const MEMORY = "atlas.fond";
export const NONE = "territoires";

function remembered() {
  try {
    return localStorage.getItem(MEMORY);
  } catch {
    return null;
  }
}

function remember(slug) {
  try {
    localStorage.setItem(MEMORY, slug);
  } catch {
    // A browser that keeps nothing still has a working map.
  }
}

/** What lies under our data on one map. `note` is where the reader is told of a missing layer. */
export class Backgrounds {
  constructor(map, note, address) {
    this.map = map;
    this.note = note;
    this.address = address;
    this.layers = [];
    this.away = new Map();
    this.failures = new Map();
    this.pause = RETRY_S;
    this.shown = NONE;
    this.overlays = new Map();
    map.on("error", (event) => this.failed(event));
    map.on("theme", () => this.draw());
    map.once("remove", () => clearTimeout(this.timer));
  }

  /** Read the catalogue and show the reader's last choice, else the first full layer. */
  async start() {
    await this.refresh();
    const full = this.layers.filter((layer) => !layer.overlay);
    const wanted = remembered();
    const known = wanted === NONE || full.some((layer) => layer.slug === wanted);
    this.show(known ? wanted : (full[0]?.slug ?? NONE), { keep: false });
  }

  /** Ask the catalogue again; layers whose service came back are drawn anew. */
  async refresh() {
    try {
      const response = await fetch(this.address, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      this.layers = (await response.json()).layers;
    } catch {
      for (const layer of this.layers) this.away.set(layer.slug, RETRY_S);
      this.tell();
      return;
    }
    for (const layer of this.layers) {
      this.failures.delete(layer.slug);
      if (!layer.available) this.away.set(layer.slug, layer.retry_after_s ?? RETRY_S);
      else if (this.away.delete(layer.slug)) this.map.getSource(layer.slug)?.setTiles([this.tiles(layer)]);
    }
    this.draw();
  }

  /** Draw a full layer (or none) on the land; `keep` remembers the choice. */
  show(slug, { keep = true } = {}) {
    this.shown = slug;
    if (keep) remember(slug);
    this.draw();
    this.map.fire("background", { slug, imagery: slug === "orthophotos" });
  }

  /** Draw a transparent layer at `opacity` (0 to 1), or take it away at 0. */
  overlay(slug, opacity) {
    this.overlays.set(slug, opacity);
    this.draw();
  }

  /** Draw what is asked for and can be had: a layer that is away asks for no tile. */
  draw() {
    for (const layer of this.layers) {
      const wanted = layer.overlay ? (this.overlays.get(layer.slug) ?? 0) : Number(layer.slug === this.shown);
      this.toggle(layer, wanted > 0 && !this.away.has(layer.slug), wanted || 1);
    }
    this.tell();
  }

  /** The layers that are asked for and away, by their titles. */
  missing() {
    const asked = (slug) => slug === this.shown || (this.overlays.get(slug) ?? 0) > 0;
    return this.layers.filter((layer) => asked(layer.slug) && this.away.has(layer.slug));
  }

  toggle(layer, visible, opacity) {
    const { map } = this;
    if (!map.getSource(layer.slug)) {
      if (!visible) return;
      map.addSource(layer.slug, {
        type: "raster",
        tiles: [this.tiles(layer)],
        tileSize: layer.tile_size,
        minzoom: layer.minzoom,
        maxzoom: layer.maxzoom,
        bounds: layer.bounds,
        attribution: layer.attribution,
      });
      map.addLayer(
        { id: layer.slug, type: "raster", source: layer.slug, paint: { "raster-fade-duration": 0 } },
        OUTLINES,
      );
    }
    map.setLayoutProperty(layer.slug, "visibility", visible ? "visible" : "none");
    map.setPaintProperty(layer.slug, "raster-opacity", opacity);
    // Pictures made for the day are dimmed at night, never inverted.
    map.setPaintProperty(layer.slug, "raster-brightness-max", palette().brightness);
  }

  tiles(layer) {
    return new URL(layer.tiles, location.origin).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
  }

  failed(event) {
    const layer = this.layers.find((each) => each.slug === event.sourceId);
    if (!layer) return;
    // Only an absent service is told; a refused tile (outside the layer) is drawn as nothing.
    const status = event.error?.status;
    if (status !== undefined && status < 500 && status !== 0) return;
    const failures = (this.failures.get(layer.slug) ?? 0) + 1;
    this.failures.set(layer.slug, failures);
    if (failures < FAILURES || this.away.has(layer.slug)) return;
    this.away.set(layer.slug, this.pause);
    this.pause = Math.min(LONGEST_S, this.pause * 2);
    this.draw();
  }

  tell() {
    const names = this.missing().map((layer) => layer.title);
    this.note.say(names.length > 0 ? `Fond « ${names.join(" », « ")} » ${AWAY}` : "");
    clearTimeout(this.timer);
    if (names.length > 0) {
      const pause = Math.max(5, ...this.missing().map((layer) => this.away.get(layer.slug)));
      this.timer = setTimeout(() => this.refresh(), pause * 1000);
    }
    this.map.fire("backgrounds");
  }
}
