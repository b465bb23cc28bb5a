/**
 * The map of the form: the point and the outline as the fields say them, a click to place the
 * point, tools to draw. Leaves drawing itself to outline.js, loaded when it is first asked for.
 */
import { createMap } from "../map/index.js";
import { crosses, ringArea } from "./geodesy.js";
import { Tools } from "./tools.js";

const COLOUR = "#c9191e";
const CLOSE_ZOOM = 16;
const EMPTY = { type: "FeatureCollection", features: [] };

/**
 * @param {HTMLFormElement} form
 * @param {import("./place.js").Place} place
 * @param {?number[]} own west, south, east, north of the person's territory: where a new site is
 */
export async function startMap(form, place, own) {
  const box = form.querySelector("[data-form-map]");
  box.hidden = false;
  const tools = new Tools(form, place);
  place.addEventListener("change", () => tellArea(form, place));
  tellArea(form, place);
  const center = place.point;
  const made = await createMap(box.querySelector("[data-map]"), {
    ...(center ? { center, zoom: CLOSE_ZOOM } : {}),
    ...(own && !center ? { bounds: [own.slice(0, 2), own.slice(2)] } : {}),
    home: false,
    maxZoom: 20,
  });
  if (!made) return;
  const { map } = made;
  addLayers(map);
  const draw = () => show(map, place);
  draw();
  place.addEventListener("change", () => {
    draw();
    follow(map, place);
  });
  map.on("click", (event) => {
    if (tools.placing) place.pointAt([event.lngLat.lng, event.lngLat.lat]);
  });
  tools.attach(map);
}

function addLayers(map) {
  map.addSource("place", { type: "geojson", data: EMPTY });
  map.addLayer({
    id: "place-fill",
    type: "fill",
    source: "place",
    filter: ["==", ["geometry-type"], "Polygon"],
    paint: { "fill-color": COLOUR, "fill-opacity": 0.2 },
  });
  map.addLayer({
    id: "place-line",
    type: "line",
    source: "place",
    filter: ["==", ["geometry-type"], "Polygon"],
    paint: { "line-color": COLOUR, "line-width": 2.5 },
  });
  map.addLayer({
    id: "place-point",
    type: "circle",
    source: "place",
    filter: ["==", ["geometry-type"], "Point"],
    paint: {
      "circle-radius": 9,
      "circle-color": COLOUR,
      "circle-stroke-color": "#ffffff",
      "circle-stroke-width": 3,
    },
  });
}

function show(map, place) {
  const feature = (type, coordinates) => ({
    type: "Feature",
    properties: {},
    geometry: { type, coordinates },
  });
  const features = (place.rings ?? []).map((ring) => feature("Polygon", [[...ring, ring[0]]]));
  if (place.point) features.push(feature("Point", place.point));
  map.getSource("place").setData({ type: "FeatureCollection", features });
}

/** Bring the point into view when it is not, or when the map is still the whole country. */
function follow(map, place) {
  const { point } = place;
  if (!point) return;
  const seen = map.getBounds().contains(point);
  if (seen && map.getZoom() >= CLOSE_ZOOM - 3) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  map.easeTo({ center: point, zoom: Math.max(map.getZoom(), CLOSE_ZOOM), animate: !still });
}

function tellArea(form, place) {
  const words_of_area = form.querySelector("[data-area]");
  const { excess, rings } = place;
  if (excess) {
    const [many, most] = [excess, place.most].map((count) => count.toLocaleString("fr-FR"));
    words_of_area.textContent =
      `Emprise trop détaillée : ${many} sommets, au plus ${most} sommets. Simplifiez le tracé.`;
    return;
  }
  if (rings === null || rings.length === 0) {
    words_of_area.textContent = "";
    return;
  }
  if (rings.some(crosses)) {
    words_of_area.textContent = "Le contour se croise : déplacez un sommet.";
    return;
  }
  const area = rings.reduce((sum, ring) => sum + ringArea(ring), 0);
  const words = area < 10_000 ? `${Math.round(area)} m²` : `${(area / 10_000).toFixed(1)} ha`;
  const large = area > 50_000 ? " ; c’est plus de 5 hectares, vérifiez le tracé" : "";
  words_of_area.textContent = `Surface : ${words.replace(".", ",")}${large}.`;
}
