/** The sheet of a site: its small map. */
import { drawSiteMap } from "../site/minimap.js";

drawSiteMap(document);
