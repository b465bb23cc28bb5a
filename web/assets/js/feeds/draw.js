/**
 * The features of a page of the feeds, as the page itself gives them: no other request for rows.
 * Leaves the map itself to ../map.
 */
import { createMap } from "../map/index.js";

const SOURCE = "objects";
// One point is shown in its surroundings, not alone on a white ground.
const MARGIN_DEG = 0.005;

/** @param {Document} page */
export async function drawFeatures(page) {
  const box = page.querySelector("[data-feed-map]");
  if (!box) return;
  const data = JSON.parse(page.getElementById("objets").textContent);
  const bounds = boundsOf(data.features);
  if (bounds === null) return;
  const made = await createMap(box.querySelector("[data-map]"), { bounds });
  if (made) draw(made.map, data);
}

function draw(map, data) {
  map.addSource(SOURCE, { type: "geojson", data });
  const colour = ["get", "colour"];
  const only = (...types) => ["in", ["geometry-type"], ["literal", types]];
  map.addLayer({
    id: "objects-fill",
    type: "fill",
    source: SOURCE,
    filter: only("Polygon", "MultiPolygon"),
    paint: { "fill-color": colour, "fill-opacity": 0.15 },
  });
  map.addLayer({
    id: "objects-line",
    type: "line",
    source: SOURCE,
    filter: only("LineString", "MultiLineString", "Polygon", "MultiPolygon"),
    paint: { "line-color": colour, "line-width": 2 },
  });
  map.addLayer({
    id: "objects-point",
    type: "circle",
    source: SOURCE,
    filter: only("Point", "MultiPoint"),
    paint: {
      "circle-radius": 6,
      "circle-color": colour,
      "circle-stroke-color": "#ffffff",
      "circle-stroke-width": 2,
    },
  });
}

/** [[west, south], [east, north]] of the features, or null where none has a place. */
function boundsOf(features) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const visit = (value) => {
    if (typeof value[0] !== "number") return value.forEach(visit);
    box[0] = Math.min(box[0], value[0]);
    box[1] = Math.min(box[1], value[1]);
    box[2] = Math.max(box[2], value[0]);
    box[3] = Math.max(box[3], value[1]);
  };
  for (const { geometry } of features) if (geometry) visit(geometry.coordinates);
  if (box[0] > box[2]) return null;
  return [
    [box[0] - MARGIN_DEG, box[1] - MARGIN_DEG],
    [box[2] + MARGIN_DEG, box[3] + MARGIN_DEG],
  ];
}
