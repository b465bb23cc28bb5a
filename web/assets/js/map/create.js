/**
 * One map of the product: our territories, the Géoplateforme through our address, French words,
 * controls that need no drag. Leaves what is drawn on it to the page that asked for it.
 */
import {
  AttributionControl,
  Map as MapLibreMap,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";

import { Backgrounds } from "./backgrounds.js";
import { HomeControl, Note, PanControl, element } from "./controls.js";
import { FRENCH } from "./locale.js";
import { TERRITORIES, baseStyle, followTheme } from "./style.js";
import { SwitcherControl } from "./switcher.js";

const FRANCE = [
  [-5.3, 41.2],
  [9.7, 51.2],
];
const PADDING = 24;
const NO_WEBGL =
  "Ce navigateur ne peut pas dessiner la carte (WebGL absent). La liste et le document à " +
  "imprimer donnent les mêmes informations.";

/**
 * Draw a map in `container`, an element made by `web/map/container.html`.
 *
 * Options: `bounds` ([[west, south], [east, north]], degrees), or `center` and `zoom`; `hash`
 * (name of the camera in the address); `padding` (pixels kept free around `bounds`); `home` (false leaves out the button back to `bounds`);
 * `minZoom`, `maxZoom`. Resolves once the style is loaded to `{map, backgrounds, announce}`, or to
 * null where the browser has no WebGL: the container then says so.
 * The container bears `data-map-ready` each time the map is idle.
 */
export async function createMap(container, options = {}) {
  const { worker, territories, layers, label = "Carte" } = container.dataset;
  setWorkerUrl(new URL(worker, location.origin).href);
  const map = build(container, options, territories, label);
  if (map === null) return null;
  addControls(map, options);
  const announce = announcer(container);
  const retry = () => backgrounds.retry();
  const status = new Note(container, "status", { voice: announce, retry, short: "Fond indisponible" });
  const contours = new Note(container, "contours");
  const backgrounds = new Backgrounds(map, status, layers);
  map.addControl(new SwitcherControl(backgrounds), "top-right");
  map.on("dataloading", () => container.removeAttribute("data-map-ready"));
  map.on("idle", () => {
    container.setAttribute("data-map-ready", "");
    contours.say(approximate(map) ? "Contours approchés" : "");
  });
  await new Promise((resolve) => map.once("style.load", resolve));
  followTheme(map);
  await backgrounds.start();
  return { map, backgrounds, announce };
}

function build(container, options, territories, label) {
  const { bounds, center, zoom, hash = false, minZoom = 3, maxZoom = 19, padding = PADDING } = options;
  const camera = center
    ? { center, zoom }
    : { bounds: bounds ?? FRANCE, fitBoundsOptions: { padding } };
  try {
    const map = new MapLibreMap({
      container,
      ...camera,
      hash,
      minZoom,
      maxZoom,
      style: baseStyle(new URL(territories, location.origin).href),
      locale: { ...FRENCH, "Map.Title": label },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: 0,
      fadeDuration: 0,
      renderWorldCopies: false,
    });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    return map;
  } catch {
    container.replaceChildren(element("p", { class: "map-absent", role: "status" }, NO_WEBGL));
    container.setAttribute("data-map-absent", "");
    return null;
  }
}

function addControls(map, { bounds, home = true, padding = PADDING }) {
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  if (home && bounds) map.addControl(new HomeControl(bounds, padding), "top-right");
  map.addControl(new PanControl(), "top-right");
  map.addControl(new ScaleControl({ unit: "metric", maxWidth: 120 }), "bottom-left");
  map.addControl(new AttributionControl({ compact: false }), "bottom-right");
}

function approximate(map) {
  if (!map.getSource(TERRITORIES)) return false;
  const filter = ["==", ["get", "approximate"], true];
  return map.querySourceFeatures(TERRITORIES, { sourceLayer: "departements", filter }).length > 0;
}

/** A polite voice for screen readers: the last of several quick messages is told. */
function announcer(container) {
  const region = element("p", { class: "map-voice", role: "status" });
  container.append(region);
  let timer;
  return (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      region.textContent = text;
    }, 600);
  };
}
