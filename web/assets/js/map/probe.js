/**
 * Whether a layer's service answers: one tile at the middle of the view. Leaves what follows from
 * the answer to backgrounds.js.
 */

// The server gives up after 4.5 s; a reader's own connection may be slower.
const PATIENCE_MS = 8000;

/** True when the tile at the middle of the map came, or when the layer has none there. */
export async function answers(map, layer, template) {
  const { z, x, y } = middle(map, layer);
  const address = template.replace("{z}", z).replace("{x}", x).replace("{y}", y);
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return response.status < 500;
  } catch {
    return false;
  }
}

/** The XYZ address (256 pixels) of the tile under the map's middle, inside the layer's bounds. */
function middle(map, layer) {
  const [west, south, east, north] = layer.bounds;
  const { lng, lat } = map.getCenter();
  const lon = Math.min(Math.max(lng, west), east);
  const high = (Math.min(Math.max(lat, south), north) * Math.PI) / 180;
  const scale = Math.log2(512 / layer.tile_size);
  const z = Math.min(Math.max(Math.round(map.getZoom() + scale), layer.minzoom), layer.maxzoom);
  const edge = 2 ** z;
  const column = Math.floor(((lon + 180) / 360) * edge);
  const row = Math.floor(((1 - Math.asinh(Math.tan(high)) / Math.PI) / 2) * edge);
  const within = (value) => Math.min(Math.max(value, 0), edge - 1);
  return { z, x: within(column), y: within(row) };
}
