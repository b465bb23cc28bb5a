/**
 * The small map of a sheet: a point, a 500 m square or nothing but the commune, as the reader may
 * know. Leaves the map itself to ../map.
 */
import { createMap } from "../map/index.js";

const ZOOMS = { exact: 15, "500m": 13.5, commune: 11 };
const COLOURS = { open: "#c9191e", resorption: "#8d533e", closed: "#666666" };
const SQUARE_M = 500;
const M_PER_DEGREE = 111_320;

/** @param {Document} page */
export async function drawSiteMap(page) {
  const box = page.querySelector("[data-site-map]");
  if (!box) return;
  const { lon, lat, precision, state } = box.dataset;
  const center = [Number(lon), Number(lat)];
  const made = await createMap(box.querySelector("[data-map]"), {
    center,
    zoom: ZOOMS[precision],
    home: false,
  });
  if (!made) return;
  const ground = page.getElementById("emprise");
  const colour = COLOURS[state];
  if (precision === "500m") drawArea(made.map, square(center), colour);
  if (ground) drawArea(made.map, JSON.parse(ground.textContent), colour);
  if (precision === "exact") drawPoint(made.map, center, colour);
}

function drawArea(map, geometry, colour) {
  map.addSource("ground", { type: "geojson", data: geometry });
  map.addLayer({
    id: "ground-fill",
    type: "fill",
    source: "ground",
    paint: { "fill-color": colour, "fill-opacity": 0.18 },
  });
  map.addLayer({
    id: "ground-line",
    type: "line",
    source: "ground",
    paint: { "line-color": colour, "line-width": 2 },
  });
}

function drawPoint(map, center, colour) {
  map.addSource("site", { type: "geojson", data: { type: "Point", coordinates: center } });
  map.addLayer({
    id: "site-point",
    type: "circle",
    source: "site",
    paint: {
      "circle-radius": 8,
      "circle-color": colour,
      "circle-stroke-color": "#ffffff",
      "circle-stroke-width": 2.5,
    },
  });
}

/** The square of the grid around its centre, near enough for a drawing. */
function square([lon, lat]) {
  const dy = SQUARE_M / 2 / M_PER_DEGREE;
  const dx = dy / Math.cos((lat * Math.PI) / 180);
  const corners = [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
    [-1, -1],
  ];
  return { type: "Polygon", coordinates: [corners.map(([x, y]) => [lon + x * dx, lat + y * dy])] };
}
