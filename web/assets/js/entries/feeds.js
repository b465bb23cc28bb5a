/** A page of the feeds: its features on a map. */
import { drawFeatures } from "../feeds/draw.js";

drawFeatures(document);
