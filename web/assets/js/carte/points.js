/**
 * The sites one by one, their footprints, where people went, the services around: vector tiles of
 * the page's own query. Leaves counts at small scales to groups.js.
 */
import { addSymbol } from "../map/index.js";
import { absolute, stateExpression } from "./config.js";

export const POINTS_FROM = 11;
const SYMBOL_SIZE = 20;
/** What a click or a key can choose. */
export const CHOOSABLE = ["sites"];

/** Declare sources and layers once. `config` is what the server told. */
export function addPoints(map, config) {
  const { tiles, symbols, states } = config;
  for (const state of states) addSymbol(map, `state-${state.key}`, state, SYMBOL_SIZE);
  for (const [name, address] of Object.entries(tiles)) {
    map.addSource(name, { type: "vector", url: absolute(address) });
  }
  if (tiles.parcels) addParcels(map, symbols.parcels[0]);
  if (tiles["site-footprints"]) addFootprints(map, symbols["site-footprints"][0]);
  if (tiles.facilities) addFacilities(map, symbols.facilities);
  if (tiles.reinstallations) addLines(map, symbols.reinstallations[0]);
  addSites(map, states);
  filterArrivals(map, config.arrivals);
}

/** Draw another query: the sources whose address changed are made anew. */
export function updatePoints(map, before, now) {
  for (const [name, address] of Object.entries(now.tiles)) {
    if (address !== before.tiles[name]) replaceSource(map, name, address);
  }
  filterArrivals(map, now.arrivals);
}

// A source whose address changes while its tiles are read can keep an old tile for ever (seen with
// MapLibre 6.17): its layers are laid again, where they were, on a new source.
function replaceSource(map, name, address) {
  const { layers } = map.getStyle();
  const own = layers.filter((layer) => layer.source === name);
  const next = own.map((layer) =>
    layers.slice(layers.indexOf(layer)).find((other) => other.source !== name),
  );
  for (const layer of own) map.removeLayer(layer.id);
  map.removeSource(name);
  map.addSource(name, { type: "vector", url: absolute(address) });
  own.forEach((layer, index) => map.addLayer(layer, next[index]?.id));
}

/** Show the sites of some states only. */
export function filterStates(map, states, shown) {
  const kept = ["in", stateExpression(states), ["literal", shown]];
  map.setFilter("sites", kept);
  map.setFilter("sites-chosen", ["all", kept, ["==", ["id"], map.chosen ?? -1]]);
}

/** Ring the chosen site; null rings none. */
export function ringSite(map, id) {
  map.chosen = id;
  const filter = map.getFilter("sites");
  const ring = ["==", ["id"], id ?? -1];
  map.setFilter("sites-chosen", filter ? ["all", filter, ring] : ring);
}

/** Show the services of some kinds only. */
export function filterServices(map, kinds) {
  if (map.getLayer("facilities")) map.setFilter("facilities", ["in", ["get", "kind"], ["literal", kinds]]);
}

/** Show the reinstallations that the server names; every one when it names none (no filter). */
export function filterArrivals(map, arrivals) {
  const kept = arrivals === null ? null : ["in", ["id"], ["literal", arrivals]];
  for (const id of ["reinstallations", "reinstallations-end"]) {
    if (map.getLayer(id)) map.setFilter(id, kept);
  }
}

/** Show the footprints of these sites only, as the filters and the legend leave them. */
export function filterFootprints(map, ids) {
  if (!map.getLayer("site-footprints")) return;
  const kept = [...ids].sort((one, other) => one - other);
  const key = kept.join();
  if (map.footprintsOf === key) return;
  map.footprintsOf = key;
  for (const id of ["site-footprints", "site-footprints-line"]) {
    map.setFilter(id, ["in", ["get", "site"], ["literal", kept]]);
  }
}

function addParcels(map, symbol) {
  map.addLayer({
    id: "parcels",
    type: "line",
    source: "parcels",
    "source-layer": "parcels",
    minzoom: 14,
    paint: { "line-color": symbol.stroke, "line-width": 0.6, "line-opacity": 0.6 },
  });
}

function addFootprints(map, symbol) {
  const common = { source: "site-footprints", "source-layer": "site-footprints", minzoom: 13 };
  map.addLayer({
    ...common,
    id: "site-footprints",
    type: "fill",
    paint: { "fill-color": symbol.fill },
  });
  map.addLayer({
    ...common,
    id: "site-footprints-line",
    type: "line",
    paint: { "line-color": symbol.stroke, "line-width": 1.6 },
  });
}

function addFacilities(map, symbols) {
  for (const symbol of symbols) addSymbol(map, `service-${symbol.value}`, symbol, SYMBOL_SIZE);
  map.addLayer({
    id: "facilities",
    type: "symbol",
    source: "facilities",
    "source-layer": "facilities",
    minzoom: 12,
    layout: {
      "icon-image": ["concat", "service-", ["get", "kind"]],
      "icon-size": ["interpolate", ["linear"], ["zoom"], 12, 0.4, 15, 0.7],
      "icon-allow-overlap": ["step", ["zoom"], false, 14, true],
      "icon-padding": 0,
    },
  });
}

function addLines(map, symbol) {
  addSymbol(map, "reinstallation-end", { ...symbol, path: "M6 4L20 12L6 20z" }, 14);
  const common = { source: "reinstallations", "source-layer": "reinstallations", minzoom: 9 };
  map.addLayer({
    ...common,
    id: "reinstallations",
    type: "line",
    layout: { "line-cap": "round" },
    paint: {
      "line-color": symbol.fill,
      "line-width": ["interpolate", ["linear"], ["zoom"], 9, 1, 14, 2.5],
      "line-opacity": ["interpolate", ["linear"], ["zoom"], 9, 0.4, 13, 0.7],
      "line-dasharray": [3, 2],
    },
  });
  map.addLayer({
    ...common,
    id: "reinstallations-end",
    type: "symbol",
    minzoom: 9,
    layout: {
      "symbol-placement": "line-center",
      "icon-image": "reinstallation-end",
      "icon-size": ["interpolate", ["linear"], ["zoom"], 9, 0.5, 13, 1],
      "icon-rotation-alignment": "map",
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
    },
  });
}

function addSites(map, states) {
  const common = {
    type: "symbol",
    source: "sites",
    "source-layer": "sites",
    minzoom: POINTS_FROM,
  };
  const key = stateExpression(states);
  // Open sites lie above closed ones; every site is drawn, none is dropped for want of room.
  const rank = ["match", ["get", "status"], "open", 3, "resorption", 2, 1];
  const overlap = { "icon-allow-overlap": true };
  map.addLayer({
    ...common,
    id: "sites",
    layout: {
      ...overlap,
      "icon-image": ["concat", "state-", key],
      "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.8, 15, 1.2],
      "symbol-sort-key": rank,
    },
  });
  map.addLayer(
    {
      id: "sites-chosen",
      type: "circle",
      source: "sites",
      "source-layer": "sites",
      minzoom: POINTS_FROM,
      filter: ["==", ["id"], -1],
      paint: {
        "circle-radius": 17,
        "circle-color": "#ffffff",
        "circle-opacity": 0.55,
        "circle-stroke-color": "#0a76f6",
        "circle-stroke-width": 3,
      },
    },
    "sites",
  );
}
