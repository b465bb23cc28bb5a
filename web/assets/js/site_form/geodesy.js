/**
 * Small sums on WGS84 for the hints of the form: moves of some metres, areas of some hectares.
 * Leaves what is stored to the server, which measures on the ellipsoid.
 */

const A = 6_378_137;
const E2 = 0.00669437999014;
const RADIANS = Math.PI / 180;

/** Metres in one degree of latitude and of longitude there. */
export function metresPerDegree(lat) {
  const s = Math.sin(lat * RADIANS);
  const w = 1 - E2 * s * s;
  return {
    lat: (RADIANS * A * (1 - E2)) / Math.pow(w, 1.5),
    lon: (RADIANS * A * Math.cos(lat * RADIANS)) / Math.sqrt(w),
  };
}

/** `[lon, lat]` moved by metres to the east and the north. */
export function moved([lon, lat], east, north) {
  const scale = metresPerDegree(lat);
  return [lon + east / scale.lon, lat + north / scale.lat];
}

/** The area in m² of a ring of `[lon, lat]`, near enough below some kilometres. */
export function ringArea(ring) {
  const [lon0, lat0] = ring[0];
  const scale = metresPerDegree(lat0);
  const flat = ring.map(([lon, lat]) => [(lon - lon0) * scale.lon, (lat - lat0) * scale.lat]);
  let twice = 0;
  flat.forEach(([x, y], index) => {
    const [nextX, nextY] = flat[(index + 1) % flat.length];
    twice += x * nextY - nextX * y;
  });
  return Math.abs(twice) / 2;
}

/** True when two sides of a ring of vertices (not closed) cross. */
export function crosses(ring) {
  const sides = ring.map((vertex, index) => [vertex, ring[(index + 1) % ring.length]]);
  const turn = ([a, b], c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  return sides.some((one, i) =>
    sides.some((other, j) => {
      const apart = Math.abs(i - j);
      if (apart < 2 || apart === sides.length - 1) return false;
      return (
        turn(one, other[0]) * turn(one, other[1]) < 0 && turn(other, one[0]) * turn(other, one[1]) < 0
      );
    }),
  );
}
