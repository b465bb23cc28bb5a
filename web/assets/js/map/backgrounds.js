/**
 * The layers of the Géoplateforme under our data, through our own address, and what is said when
 * the service is away. Leaves the base of our territories to style.js, asking for one tile to
 * probe.js and the panel to switcher.js.
 */
import { answers } from "./probe.js";
import { OUTLINES, palette } from "./style.js";

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

/**
 * What lies under our data on one map. `note` is where the reader is told of a missing layer.
 *
 * A layer is drawn once one of its tiles was had (`sound`); it is `away` from its first fault until
 * a tile is had again: the service is asked for one tile, never for the whole view, to know.
 */
export class Backgrounds {
  constructor(map, note, address) {
    this.map = map;
    this.note = note;
    this.address = address;
    this.layers = [];
    this.sound = new Set();
    this.away = new Set();
    this.probes = new Map();
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

  /** Ask the catalogue, which knows of the faults that other readers met. */
  async refresh() {
    try {
      const response = await fetch(this.address, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      this.layers = (await response.json()).layers;
    } catch {
      for (const layer of this.layers) this.away.add(layer.slug);
      return;
    }
    for (const { slug, available } of this.layers) {
      if (!available && !this.sound.has(slug)) this.lose(slug);
    }
  }

  /** Try again what is asked for and away; resolves to true when nothing is missing any more. */
  async retry() {
    await this.refresh();
    await Promise.all(
      this.missing().filter((layer) => layer.available).map((layer) => this.probe(layer)),
    );
    this.draw();
    return this.missing().length === 0;
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

  /** Draw what is asked for and can be had; what is not known yet is asked for one tile first. */
  draw() {
    for (const layer of this.layers) {
      const wanted = this.wanted(layer);
      const drawn = this.drawn(layer);
      this.toggle(layer, drawn, wanted || 1);
      if (wanted > 0 && !drawn && !this.away.has(layer.slug)) {
        this.probe(layer).then(() => this.draw());
      }
    }
    this.tell();
  }

  /** The opacity at which a layer is asked for; 0 when it is not. */
  wanted(layer) {
    return layer.overlay
      ? (this.overlays.get(layer.slug) ?? 0)
      : Number(layer.slug === this.shown);
  }

  /** The layers that are asked for and away. */
  missing() {
    return this.layers.filter((layer) => this.wanted(layer) > 0 && this.away.has(layer.slug));
  }

  /** Whether a layer is asked for and can be had. */
  drawn(layer) {
    return this.wanted(layer) > 0 && this.sound.has(layer.slug);
  }

  /** Ask for one tile and note the answer; those who ask at the same time share it. */
  probe(layer) {
    const { slug } = layer;
    if (!this.probes.has(slug)) {
      const asked = answers(this.map, layer, this.tiles(layer)).then((yes) => {
        this.probes.delete(slug);
        if (yes) this.find(layer);
        else this.lose(slug);
      });
      this.probes.set(slug, asked);
    }
    return this.probes.get(slug);
  }

  find(layer) {
    this.sound.add(layer.slug);
    this.failures.delete(layer.slug);
    this.pause = RETRY_S;
    // Tiles that failed are kept as failed by the source: it asks for them anew.
    if (this.away.delete(layer.slug)) this.map.getSource(layer.slug)?.setTiles([this.tiles(layer)]);
  }

  lose(slug) {
    this.sound.delete(slug);
    this.away.add(slug);
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
    this.lose(layer.slug);
    this.draw();
  }

  tell() {
    this.note.say(absence(this.missing()));
    this.map.fire("backgrounds");
    if (this.missing().length === 0) {
      clearTimeout(this.timer);
      this.timer = undefined;
      return;
    }
    this.timer ??= setTimeout(async () => {
      this.timer = undefined;
      this.pause = Math.min(LONGEST_S, this.pause * 2);
      await this.retry();
    }, this.pause * 1000);
  }
}

/** One sentence on what cannot be drawn; empty when nothing is missing. */
function absence(layers) {
  if (layers.length === 0) return "";
  const names = layers.map((layer) => `« ${layer.title} »`).join(" et ");
  const what =
    layers.length > 1 ? `Les fonds ${names} sont indisponibles` : `Le fond ${names} est indisponible`;
  return `${what} ; restent nos contours.`;
}
