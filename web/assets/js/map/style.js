/**
 * The base style: our own territories, under everything, in the light and dark themes.
 * Leaves the Géoplateforme to backgrounds.js and the sites to their pages.
 */

// Calm greys: symbols carry the colour. Values are those of the neutral palette of the sheets.
const PALETTES = {
  light: {
    sea: "#e3e9ee",
    land: "#fbfaf7",
    commune: "#d9d5cc",
    departement: "#a9a59a",
    region: "#77736a",
    text: "#4a4741",
    halo: "#fbfaf7",
    brightness: 1,
  },
  dark: {
    sea: "#15191d",
    land: "#23272b",
    commune: "#363c42",
    departement: "#59616a",
    region: "#89939d",
    text: "#c3c9cf",
    halo: "#1b1f23",
    brightness: 0.7,
  },
};

export const TERRITORIES = "territories";
/** Layers that later ones are inserted before: rasters lie on the land, under the outlines. */
export const OUTLINES = "communes-line";

/** The colours in force, from the page's theme attribute or the reader's system. */
export function palette() {
  const root = document.documentElement;
  const chosen = root.dataset.frTheme || root.dataset.theme;
  const dark =
    chosen === "dark" ||
    (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  return dark ? PALETTES.dark : PALETTES.light;
}

function line(id, source, minzoom, width) {
  return {
    id: `${id}-line`,
    type: "line",
    source: TERRITORIES,
    "source-layer": id,
    minzoom,
    layout: { "line-join": "round" },
    paint: { "line-color": source, "line-width": width },
  };
}

/** The style of a map that shows our territories alone; `url` is their TileJSON. */
export function baseStyle(url) {
  const colours = palette();
  const width = (low, high) => ["interpolate", ["linear"], ["zoom"], 5, low, 12, high];
  return {
    version: 8,
    sources: { [TERRITORIES]: { type: "vector", url } },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": colours.sea } },
      {
        id: "land",
        type: "fill",
        source: TERRITORIES,
        "source-layer": "departements",
        paint: { "fill-color": colours.land, "fill-antialias": false },
      },
      line("communes", colours.commune, 8.5, width(0.4, 0.9)),
      line("departements", colours.departement, 4, width(0.5, 1.4)),
      line("regions", colours.region, 0, width(0.9, 2)),
    ],
  };
}

/** Redraw the base in the present theme, each time the reader changes it. */
export function followTheme(map) {
  const paint = () => {
    const colours = palette();
    map.setPaintProperty("sea", "background-color", colours.sea);
    map.setPaintProperty("land", "fill-color", colours.land);
    for (const name of ["commune", "departement", "region"]) {
      map.setPaintProperty(`${name}s-line`, "line-color", colours[name]);
    }
    map.fire("theme", { colours });
  };
  const observer = new MutationObserver(paint);
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-fr-theme", "data-theme"],
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  map.once("remove", () => observer.disconnect());
}
