/**
 * Choosing on the map by click, by touch, or by the keyboard at the centre of the view (Enter).
 * Leaves what is done with the chosen feature to the page.
 */

const REACH = 12;

export class Pointing {
  constructor(map, layers, onChoose) {
    this.map = map;
    this.layers = layers;
    this.onChoose = onChoose;
    map.on("click", (event) => this.choose(event.point));
    map.on("mousemove", (event) => {
      map.getCanvas().style.cursor = this.at(event.point, 3) ? "pointer" : "";
    });
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const { clientWidth, clientHeight } = map.getContainer();
      this.choose({ x: clientWidth / 2, y: clientHeight / 2 }, 3 * REACH);
    });
  }

  choose(point, reach = REACH) {
    const feature = this.at(point, reach);
    if (feature) this.onChoose(feature);
  }

  /** The feature nearest to a point of the screen, within `reach` pixels. */
  at(point, reach) {
    const box = [
      [point.x - reach, point.y - reach],
      [point.x + reach, point.y + reach],
    ];
    const distance = (feature) => {
      const place = this.map.project(feature.geometry.coordinates);
      return Math.hypot(place.x - point.x, place.y - point.y);
    };
    return this.map
      .queryRenderedFeatures(box, { layers: this.layers.filter((id) => this.map.getLayer(id)) })
      .sort((one, other) => distance(one) - distance(other))[0];
  }
}
