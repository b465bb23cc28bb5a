/**
 * Counts at small scales: departements up to zoom 7, communes up to zoom 11, neighbours joined so
 * that no ring covers another. Leaves rings to donuts.js and single sites to points.js.
 */
import { drawRings, ringExpression } from "./donuts.js";
import { getJson } from "./load.js";
import { POINTS_FROM } from "./points.js";

const LEVELS = [
  { name: "departement", minzoom: 0, maxzoom: 7.5, apart: 60 },
  { name: "commune", minzoom: 7.5, maxzoom: POINTS_FROM, apart: 46 },
];
export const GROUP_LAYERS = LEVELS.map(({ name }) => `groups-${name}`);
const EMPTY = { type: "FeatureCollection", features: [] };

/** The counts of one map; `shown` are the keys of the states drawn. */
export class Groups {
  constructor(map, config) {
    this.map = map;
    this.states = config.states;
    this.keys = config.states.map((state) => state.key);
    this.shown = this.keys;
    this.data = {};
    drawRings(map, config.states);
    for (const level of LEVELS) this.addLevel(level);
  }

  addLevel({ name, minzoom, maxzoom, apart }) {
    const sums = this.keys.map((key) => [key, ["+", ["get", key]]]);
    this.map.addSource(`groups-${name}`, {
      type: "geojson",
      data: EMPTY,
      cluster: true,
      clusterRadius: apart,
      clusterMaxZoom: Math.ceil(maxzoom),
      clusterProperties: { ...Object.fromEntries(sums), people: ["+", ["get", "people"]] },
    });
    this.map.addLayer({
      id: `groups-${name}`,
      type: "symbol",
      source: `groups-${name}`,
      minzoom,
      maxzoom,
      layout: {
        "icon-image": this.image(),
        // Names below find their place around the rings.
        "icon-allow-overlap": true,
        "symbol-sort-key": ["+", ...this.keys.map((key) => ["get", key])],
      },
    });
  }

  /** A ring, or the symbol of the site where it is alone. */
  image() {
    const alone = this.keys.flatMap((key) => [["==", ["get", key], 1], `state-${key}`]);
    const single = ["!=", ["coalesce", ["get", "site"], 0], 0];
    return ["case", single, ["case", ...alone, ""], ringExpression(this.keys)];
  }

  /** Read the counts of the page's query. Rejects when the server refuses. */
  async load(config) {
    const read = LEVELS.map(({ name }) => getJson(config.groups[name]));
    const found = await Promise.all(read);
    LEVELS.forEach(({ name }, index) => {
      this.data[name] = found[index];
    });
    this.draw();
  }

  /** Count only these states. */
  show(keys) {
    this.shown = keys;
    this.draw();
  }

  draw() {
    for (const { name } of LEVELS) {
      const features = (this.data[name]?.features ?? []).map((feature) => this.counted(feature));
      const kept = features.filter((feature) => this.keys.some((key) => feature.properties[key] > 0));
      this.map.getSource(`groups-${name}`).setData({ ...EMPTY, features: kept });
    }
  }

  counted(feature) {
    const hidden = this.keys.filter((key) => !this.shown.includes(key)).map((key) => [key, 0]);
    return { ...feature, properties: { ...feature.properties, ...Object.fromEntries(hidden) } };
  }

  /** The number of sites counted in a box, or everywhere, at the finer level. */
  count(bounds) {
    const all = (this.data.commune?.features ?? []).map((feature) => this.counted(feature));
    const inside = bounds ? all.filter((feature) => bounds.contains(feature.geometry.coordinates)) : all;
    return inside.reduce((sum, { properties }) => sum + this.total(properties), 0);
  }

  total(properties) {
    return this.keys.reduce((sum, key) => sum + properties[key], 0);
  }

  /** « 34 sites : 20 ouverts, 6 en résorption ». */
  words(properties) {
    const total = this.total(properties);
    const parts = this.states
      .filter(({ key }) => properties[key] > 0)
      .map(({ key, one, many }) => `${properties[key]} ${properties[key] > 1 ? many : one}`);
    const place = properties.cluster ? "" : `${properties.name} : `;
    return `${place}${total} site${total > 1 ? "s" : ""} (${parts.join(", ")})`;
  }

  /** The camera that opens a ring: its members apart, or the zoom where sites are single. */
  async opening(feature) {
    const center = feature.geometry.coordinates;
    const zoom = this.map.getZoom();
    const level = LEVELS.find(({ name }) => feature.source === `groups-${name}`);
    if (!feature.properties.cluster) return { center, zoom: level.maxzoom + 0.2 };
    const source = this.map.getSource(feature.source);
    const wanted = await source.getClusterExpansionZoom(feature.properties.cluster_id);
    return { center, zoom: Math.min(Math.max(wanted, zoom + 1), level.maxzoom + 0.2) };
  }
}
