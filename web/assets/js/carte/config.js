/** What the server told the page about its map. Leaves drawing to the other modules. */

/** The JSON written in a document by the server. */
export function readConfig(from = document) {
  return JSON.parse(from.getElementById("carte-config").textContent);
}

/** The address of a TileJSON, absolute: MapLibre's worker knows no page. */
export function absolute(address) {
  return new URL(address, location.origin).href;
}

/** A camera move that respects a reader who asked for no motion. */
export function moveTo(map, camera) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) map.jumpTo(camera);
  else map.easeTo({ ...camera, duration: 500 });
}

/** The key of the state of a feature, as an expression on `status` and `closure_kind`. */
export function stateExpression(states) {
  const cases = states.flatMap((state) => [
    state.closure_kind
      ? ["all", ["==", ["get", "status"], state.status], ["==", ["get", "closure_kind"], state.closure_kind]]
      : ["==", ["get", "status"], state.status],
    state.key,
  ]);
  return ["case", ...cases, "other"];
}
