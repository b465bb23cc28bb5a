/** Entry of the territorial view. */
import { createMap } from "../map/index.js";

for (const container of document.querySelectorAll("[data-map]")) {
  createMap(container);
}
