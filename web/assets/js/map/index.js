/** The map core: what pages import. */
export { createMap } from "./create.js";
export { HomeControl, Note, PanControl, element, icon } from "./controls.js";
export { OUTLINES, TERRITORIES, palette } from "./style.js";
export { addSymbol, symbolImage } from "./symbols.js";
