/**
 * Symbols drawn from their shape and colours, as the collections declare them: the same path gives
 * the legend's drawing and the map's image. Leaves which feature bears which to the page.
 */

const BOX = 24;

/** Draw a symbol `{path, fill, stroke}` (a path on a box of 24) as an image of `size` pixels. */
export function symbolImage(symbol, size, ratio = window.devicePixelRatio) {
  const scale = Math.max(2, Math.ceil(ratio));
  const pixels = Math.round(size * scale);
  const canvas = document.createElement("canvas");
  canvas.width = pixels;
  canvas.height = pixels;
  const context = canvas.getContext("2d");
  context.scale(pixels / BOX, pixels / BOX);
  const path = new Path2D(symbol.path);
  context.lineJoin = "round";
  // The casing keeps the shape readable over photographs.
  context.strokeStyle = symbol.stroke;
  context.lineWidth = 4;
  context.stroke(path);
  context.fillStyle = symbol.fill;
  context.fill(path);
  const { data } = context.getImageData(0, 0, pixels, pixels);
  return { image: { width: pixels, height: pixels, data }, pixelRatio: scale };
}

/** Add a symbol to a map under `name`, once. */
export function addSymbol(map, name, symbol, size) {
  if (map.hasImage(name)) return;
  const { image, pixelRatio } = symbolImage(symbol, size);
  map.addImage(name, image, { pixelRatio });
}
