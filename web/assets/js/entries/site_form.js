/** The form of a site: map, drawing, search. Without script the same form works by its texts. */
import { enhanceSearch } from "../site_form/search.js";
import { tellGround } from "../site_form/ground.js";
import { Place } from "../site_form/place.js";
import { startMap } from "../site_form/map.js";

const form = document.querySelector("[data-site-form]");
if (form) {
  const aim = JSON.parse(document.getElementById("saisie").textContent);
  const place = new Place(form, aim);
  enhanceSearch(form, place);
  tellGround(form, place);
  startMap(form, place, aim.box);
}
