/** The form of a site: map, drawing, search. Without script the same form works by its texts. */
import { enhanceSearch } from "../site_form/search.js";
import { Place } from "../site_form/place.js";
import { startMap } from "../site_form/map.js";

const form = document.querySelector("[data-site-form]");
if (form) {
  const place = new Place(form);
  enhanceSearch(form, place);
  startMap(form, place);
}
