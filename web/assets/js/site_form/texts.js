/** Coordinates as the fields write them. Leaves other writings (degrees, minutes) to the server. */

const NUMBER = String.raw`([+-]?\d{1,3}(?:[.,]\d+)?)`;
const PAIR = new RegExp(String.raw`^\s*${NUMBER}\s*(?:[;|/]|,\s+|\s+|,(?=[+-]?\d{1,3}\.))\s*${NUMBER}\s*$`);

/** `[lon, lat]` from « latitude, longitude » in decimal degrees, else null. */
export function readPosition(text) {
  const found = PAIR.exec(text);
  if (!found) return null;
  const [lat, lon] = [found[1], found[2]].map((part) => Number(part.replace(",", ".")));
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? [lon, lat] : null;
}

/** « latitude, longitude » with seven decimals: about one centimetre. */
export function writePosition([lon, lat]) {
  return `${lat.toFixed(7)}, ${lon.toFixed(7)}`;
}

/** About how many vertices an outline has, without reading them: a pasted file may be huge. */
export function countVertices(text) {
  // GeoJSON opens a bracket for each vertex, and two or three more.
  const mark = text.trimStart().startsWith("{") ? "[" : "\n";
  const start = mark === "[" ? -3 : 1;
  const plain = text.trim();
  let count = start;
  for (let at = plain.indexOf(mark); at !== -1; at = plain.indexOf(mark, at + 1)) count += 1;
  return Math.max(0, count);
}

/** Rings of `[lon, lat]` (not closed) from the outline field; null when it cannot be read here. */
export function readOutline(text) {
  const plain = text.trim();
  if (plain === "") return [];
  if (plain.startsWith("{")) return readGeojson(plain);
  const ring = plain
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(readPosition);
  return ring.includes(null) || ring.length < 3 ? null : [ring];
}

/** One vertex a line, without the last that repeats the first. */
export function writeRing(ring) {
  return opened(ring).map(writePosition).join("\n");
}

function readGeojson(text) {
  try {
    const value = JSON.parse(text);
    const geometry = value.type === "Feature" ? value.geometry : value;
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    return polygons.map((polygon) => opened(polygon[0]));
  } catch {
    return null;
  }
}

function opened(ring) {
  const first = ring[0];
  const last = ring.at(-1);
  return ring.length > 1 && first[0] === last[0] && first[1] === last[1] ? ring.slice(0, -1) : ring;
}
