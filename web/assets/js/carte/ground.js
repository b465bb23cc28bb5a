/**
 * The territory among the others: its outline, the rest dimmed, names to find one's way where the
 * background has none. Leaves the base style to the map core.
 */
import { TERRITORIES, palette } from "../map/index.js";
import { absolute } from "./config.js";
import { getJson } from "./load.js";

const DETAILED_FROM = 9;
const FONT = ["Arial"];
const EMPTY = { type: "FeatureCollection", features: [] };

/** Outline the page's territory and dim what is outside; nothing for the nation. */
export function addOutline(map, { place, tiles }, before) {
  if (!place.level) return;
  const epci = place.level === "epci";
  const source = epci ? "epcis" : TERRITORIES;
  const common = { source, "source-layer": `${place.level}s` };
  if (!map.getSource(source)) map.addSource(source, { type: "vector", url: absolute(tiles.epcis) });
  const inside = ["in", ["get", "code"], ["literal", place.codes]];
  map.addLayer(
    {
      ...common,
      id: "outside",
      type: "fill",
      filter: ["!", inside],
      paint: { "fill-color": palette().sea, "fill-opacity": 0.55, "fill-antialias": false },
    },
    before,
  );
  const width = (extra) => ["interpolate", ["linear"], ["zoom"], 5, 1.4 + extra, 12, 3 + extra];
  // Two lines, dark and light: one of them is seen on any background.
  map.addLayer(
    {
      ...common,
      id: "outline-casing",
      type: "line",
      filter: inside,
      layout: { "line-join": "round" },
      paint: { "line-color": palette().halo, "line-width": width(2.5), "line-opacity": 0.8 },
    },
    before,
  );
  map.addLayer(
    {
      ...common,
      id: "outline",
      type: "line",
      filter: inside,
      layout: { "line-join": "round" },
      paint: {
        "line-color": palette().text,
        "line-width": width(0),
      },
    },
    before,
  );
  map.on("theme", ({ colours }) => {
    map.setPaintProperty("outside", "fill-color", colours.sea);
    map.setPaintProperty("outline", "line-color", colours.text);
    map.setPaintProperty("outline-casing", "line-color", colours.halo);
  });
}

/** Names of prefectures, then of communes, in our own fonts; hidden over a map that has its own. */
export class Landmarks {
  constructor(map, address, before) {
    this.map = map;
    this.address = address;
    this.features = [];
    this.read = new Set();
    map.addSource("landmarks", { type: "geojson", data: EMPTY });
    map.addSource("prefectures", { type: "geojson", data: EMPTY });
    this.layer("prefectures", 4.5, DETAILED_FROM, before);
    this.layer("landmarks", DETAILED_FROM, 24, before);
    map.on("theme", ({ colours }) => this.paint(colours));
    map.on("background", () => this.paint(palette()));
    map.on("idle", () => this.follow());
    this.prefectures();
  }

  layer(id, minzoom, maxzoom, before) {
    this.map.addLayer(
      {
        id,
        type: "symbol",
        source: id,
        minzoom,
        maxzoom,
        layout: {
          "text-field": ["get", "name"],
          "text-font": FONT,
          "text-size": ["interpolate", ["linear"], ["zoom"], 5, 11, 12, 13],
          "text-max-width": 8,
          "text-padding": 4,
          "text-variable-anchor": ["center", "top", "bottom", "left", "right"],
          "text-radial-offset": ["interpolate", ["linear"], ["zoom"], 5, 1.4, 12, 1],
          "text-justify": "auto",
          "symbol-sort-key": ["-", 0, ["get", "population"]],
        },
        paint: { "text-halo-width": 1.5 },
      },
      before,
    );
    this.paint(palette());
  }

  paint(colours) {
    for (const id of ["prefectures", "landmarks"]) {
      if (!this.map.getLayer(id)) continue;
      this.map.setPaintProperty(id, "text-color", colours.text);
      this.map.setPaintProperty(id, "text-halo-color", colours.halo);
    }
  }

  /** Names give way to a background that writes its own. */
  hide(yes) {
    for (const id of ["prefectures", "landmarks"]) {
      this.map.setLayoutProperty(id, "visibility", yes ? "none" : "visible");
    }
  }

  async prefectures() {
    try {
      this.map.getSource("prefectures").setData(await getJson(this.address.replace("CODE", "france")));
    } catch {
      // The map is whole without names.
    }
  }

  /** Read the communes of the departements in view, each once. */
  async follow() {
    if (this.map.getZoom() < DETAILED_FROM - 0.5) return;
    const seen = this.map.querySourceFeatures(TERRITORIES, { sourceLayer: "communes" });
    const codes = new Set(seen.map((feature) => feature.properties.departement));
    const wanted = [...codes].filter((code) => code && !this.read.has(code));
    if (wanted.length === 0) return;
    for (const code of wanted) this.read.add(code);
    const found = await Promise.allSettled(
      wanted.map((code) => getJson(this.address.replace("CODE", code))),
    );
    for (const result of found) {
      if (result.status === "fulfilled") this.features.push(...result.value.features);
    }
    this.map.getSource("landmarks")?.setData({ ...EMPTY, features: this.features });
  }
}
