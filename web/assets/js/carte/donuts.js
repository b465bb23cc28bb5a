/**
 * Counts drawn as rings of the five states, made on demand from the image's own name.
 * Leaves which counts to groups.js.
 */

const PREFIX = "ring|";
const SCALE = 2;
// Rings keep their paper in the dark theme: the five colours are chosen for it.
const PAPER = "#ffffff";
const INK = "#2b2b2b";

/** The name of the image, as an expression on a property for each state. */
export function ringExpression(keys) {
  return ["concat", PREFIX, ...keys.flatMap((key) => [["to-string", ["get", key]], "|"])];
}

/** Radius in pixels for a number of sites: areas grow with the number, within bounds. */
export function radius(count) {
  return Math.round(Math.min(30, 11 + 1.9 * Math.sqrt(count) ** 0.85));
}

/** Let the map make rings when its style asks for them. */
export function drawRings(map, states) {
  map.setMissingStyleImageResolver((id) => {
    if (!id.startsWith(PREFIX) || map.hasImage(id)) return;
    const counts = id.slice(PREFIX.length).split("|").slice(0, states.length).map(Number);
    map.addImage(id, ring(counts, states), { pixelRatio: SCALE });
  });
}

function ring(counts, states) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const outer = radius(total);
  const size = 2 * outer + 4;
  const canvas = document.createElement("canvas");
  canvas.width = size * SCALE;
  canvas.height = size * SCALE;
  const context = canvas.getContext("2d");
  context.scale(SCALE, SCALE);
  context.translate(size / 2, size / 2);
  disc(context, outer + 1.5, PAPER);
  let start = -Math.PI / 2;
  counts.forEach((count, index) => {
    if (count === 0) return;
    const end = start + (2 * Math.PI * count) / total;
    context.beginPath();
    context.moveTo(0, 0);
    context.arc(0, 0, outer, start, end);
    context.closePath();
    context.fillStyle = states[index].fill;
    context.fill();
    // A thin cut tells neighbours apart without their colours.
    if (count < total) {
      context.strokeStyle = PAPER;
      context.lineWidth = 1;
      context.stroke();
    }
    start = end;
  });
  disc(context, outer - 4.5, PAPER);
  context.fillStyle = INK;
  context.font = `700 ${total > 999 ? 10 : 12}px "Source Sans 3", Marianne, Arial, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(total), 0, 0.5);
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  return { width, height, data };
}

function disc(context, size, colour) {
  context.beginPath();
  context.arc(0, 0, size, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}
