/**
 * The territorial page: the list that the server wrote, and its map. Each works without the other.
 * Leaves drawing to points.js, groups.js and ground.js, the sheet to sheet.js, queries to swap.js.
 */
import { createMap } from "../map/index.js";
import { moveTo, readConfig } from "./config.js";
import { Landmarks, addOutline } from "./ground.js";
import { GROUP_LAYERS, Groups } from "./groups.js";
import { Legend, free } from "./legend.js";
import {
  POINTS_FROM,
  addPoints,
  filterFootprints,
  filterServices,
  filterStates,
  ringSite,
  updatePoints,
} from "./points.js";
import { Pointing } from "./pointing.js";
import { Sheet } from "./sheet.js";
import { Swap } from "./swap.js";
import { Faces, Tabs } from "./tabs.js";

const SITE_ZOOM = 15;
// The legend's boxes and what they show.
const LAYERS = {
  reinstallations: ["reinstallations", "reinstallations-end"],
  "site-footprints": ["site-footprints", "site-footprints-line"],
  parcels: ["parcels"],
};

export class Page {
  constructor(root) {
    this.root = root;
    this.config = readConfig();
    // Headers differ by theme and banner: the work area takes what they leave.
    root.style.setProperty("--carte-top", `${root.getBoundingClientRect().top + scrollY}px`);
    this.tabs = new Tabs(root);
    this.sheet = new Sheet(root, this.config.sheet, this.tabs);
    this.legend = new Legend(root.querySelector("[data-legende]"), () => this.legendChanged());
    // On a phone the legend would cover the map: it is one touch away.
    if (!matchMedia("(min-width: 62rem)").matches) root.querySelector("[data-legende]").open = false;
    this.inView = root.querySelector("[data-vue]");
    this.faces = new Faces(root, () => this.map?.resize());
    this.swap = new Swap(root, (config) => this.queryChanged(config));
    root.querySelector("[data-aller] select")?.addEventListener("change", (event) => {
      location.assign(event.target.value);
    });
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("fiche-fermee", () => this.map && ringSite(this.map, null));
  }

  /** Draw the map; the list stays whole when it cannot be. */
  async start() {
    const container = this.root.querySelector("[data-map]");
    const made = await createMap(container, {
      bounds: this.config.place.box,
      hash: "c",
      padding: free(container),
    });
    if (made === null) return;
    Object.assign(this, made);
    const { map, config } = this;
    addOutline(map, config);
    addPoints(map, config);
    this.groups = new Groups(map, config);
    this.landmarks = new Landmarks(map, config.landmarks, "sites-chosen");
    this.backgrounds.map.on("backgrounds", () => this.namesOrNot());
    this.namesOrNot();
    new Pointing(map, ["sites", ...GROUP_LAYERS], (feature) => this.pointed(feature));
    map.on("moveend", () => this.countInView());
    map.on("idle", () => this.countInView());
    for (const button of this.root.querySelectorAll("[data-voir]")) button.hidden = false;
    this.inView.hidden = false;
    this.inView.addEventListener("click", () => this.listView());
    await this.count();
  }

  async count() {
    try {
      await this.groups.load(this.config);
    } catch {
      this.announce("Les regroupements n’ont pas pu être lus ; la liste est complète.");
    }
    this.legendChanged();
    this.root.setAttribute("data-carte-ready", "");
  }

  /** List the sites of the view; the list's own filter takes it off. */
  async listView() {
    const box = this.map.getBounds().toArray().flat();
    const address = new URL(location.href);
    address.searchParams.delete("page");
    const query = address.searchParams.toString();
    const bbox = box.map((degrees) => degrees.toFixed(4)).join();
    await this.swap.go(`${address.pathname}?${query ? `${query}&` : ""}bbox=${bbox}`);
    this.tabs.show("liste");
    this.faces.show("list");
    document.getElementById("liste").focus();
  }

  queryChanged(config) {
    const before = this.config;
    this.config = config;
    this.legend.refresh();
    if (!this.map) return;
    for (const button of this.root.querySelectorAll("[data-voir]")) button.hidden = false;
    this.root.removeAttribute("data-carte-ready");
    updatePoints(this.map, before, config);
    this.announce(this.root.querySelector("[data-resume]").textContent);
    this.count();
  }

  legendChanged() {
    if (!this.map) return;
    filterStates(this.map, this.config.states, this.legend.states);
    filterServices(this.map, this.legend.services);
    this.groups.show(this.legend.states);
    for (const [name, layers] of Object.entries(LAYERS)) {
      const visibility = this.legend.shows(name) ? "visible" : "none";
      for (const id of layers.filter((each) => this.map.getLayer(each))) {
        this.map.setLayoutProperty(id, "visibility", visibility);
      }
    }
  }

  /** Our names give way to a background that writes its own. */
  namesOrNot() {
    const plan = this.backgrounds.layers.find(({ slug }) => slug === "plan-ign");
    this.landmarks.hide(plan !== undefined && this.backgrounds.drawn(plan));
  }

  async pointed(feature) {
    const id = feature.source === "sites" ? feature.id : feature.properties.site;
    if (id) {
      this.choose(id, this.map.getCanvas());
      this.uncover(feature.geometry.coordinates);
      return;
    }
    this.announce(this.groups.words(feature.properties));
    moveTo(this.map, await this.groups.opening(feature));
  }

  /** On a phone the sheet covers the lower half: the chosen site moves above it. */
  uncover(center) {
    if (matchMedia("(min-width: 62rem)").matches) return;
    const { clientHeight } = this.map.getContainer();
    this.map.panTo(center, { offset: [0, -clientHeight / 4] });
  }

  choose(id, from) {
    ringSite(this.map, id);
    this.sheet.open(id, from);
  }

  clicked(event) {
    const show = event.target.closest("[data-voir]");
    const link = event.target.closest("a[data-fiche-lien]");
    if (show && this.map) {
      const center = [Number(show.dataset.lon), Number(show.dataset.lat)];
      this.faces.show("map");
      moveTo(this.map, { center, zoom: Math.max(this.map.getZoom(), SITE_ZOOM) });
      ringSite(this.map, Number(show.dataset.voir));
      this.sheet.mark(show.dataset.voir);
      this.announce(`${show.textContent.trim()} : position montrée.`);
    } else if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault();
      if (this.map) ringSite(this.map, Number(link.dataset.ficheLien));
      this.sheet.open(link.dataset.ficheLien, link);
    }
  }

  countInView() {
    if (!this.groups) return;
    const bounds = this.map.getBounds();
    const grouped = this.map.getZoom() < POINTS_FROM;
    const single = grouped ? [] : this.single();
    const inside = single.filter((feature) => bounds.contains(feature.geometry.coordinates));
    const count = grouped ? this.groups.count(bounds) : ids(inside).size;
    filterFootprints(this.map, ids(single));
    this.inView.textContent = `Sites dans la vue : ${count.toLocaleString("fr-FR")}`;
  }

  /** The sites drawn one by one; tiles repeat those near their edges. */
  single() {
    return this.map.querySourceFeatures("sites", {
      sourceLayer: "sites",
      filter: this.map.getFilter("sites"),
    });
  }
}

function ids(features) {
  return new Set(features.map((feature) => feature.id));
}
