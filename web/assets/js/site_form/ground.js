/**
 * Where the position lies, told beside its field before anything is saved: its commune, whether the
 * person may create a site there, coordinates written in the other order. Leaves the answers to the
 * server, which reads every way to write coordinates.
 */
import { Asker } from "./asker.js";
import { writePosition } from "./texts.js";

const SAME_DEGREES = 1e-6;

/** @param {HTMLFormElement} form @param {import("./place.js").Place} place */
export function tellGround(form, place) {
  const told = form.querySelector("[data-position-told]");
  const asker = new Asker(form.dataset.search);
  const check = () => tell(form, place, told, asker);
  let known = place.position.value.trim();
  place.addEventListener("change", () => {
    const text = place.position.value.trim();
    if (text === known) return;
    known = text;
    check();
  });
}

async function tell(form, place, told, asker) {
  const text = place.position.value.trim();
  told.textContent = "";
  told.classList.remove("at-place__told--refused");
  if (text === "" || text.startsWith("{")) return;
  const answer = await asker.ask(text, null);
  if (!answer || place.position.value.trim() !== text) return;
  const found = answer.results[0];
  if (found?.kind !== "coordinates") {
    told.textContent = answer.note ?? "";
    return;
  }
  const lonlat = [found.lon, found.lat];
  if (!near(place.point, lonlat)) {
    place.position.value = writePosition(lonlat);
    // What follows is told of the new text, which asks again: keep the note of the first one.
    told.dataset.note = answer.note;
    place.remember();
    return;
  }
  const note = told.dataset.note || answer.note;
  delete told.dataset.note;
  const creating = form.dataset.editing === undefined;
  const refused = found.outside && creating;
  told.classList.toggle("at-place__told--refused", refused);
  told.textContent = [note, refused ? refusal(found) : found.city].filter(Boolean).join(" ");
}

function near(point, [lon, lat]) {
  return (
    point !== null &&
    Math.abs(point[0] - lon) < SAME_DEGREES &&
    Math.abs(point[1] - lat) < SAME_DEGREES
  );
}

/** The department is the start of the commune's code: two characters, three overseas. */
function refusal({ city, citycode }) {
  const departement = citycode.slice(0, citycode.startsWith("97") ? 3 : 2);
  return (
    `${city} (département ${departement}) est hors de votre territoire : ` +
    "vous ne pouvez pas y créer de site."
  );
}
