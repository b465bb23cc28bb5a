/** Drawing an outline on the map with terra-draw. Leaves the outline itself to the form's field. */
import {
  TerraDraw,
  TerraDrawModeUndoRedo,
  TerraDrawPolygonMode,
  TerraDrawSelectMode,
} from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";

const COLOUR = "#c9191e";
const HIT_PX = 24;
const PRECISION = 9;

export class Outline {
  /** `finished` and `changed` are told the ring of `[lon, lat]`, not closed. */
  constructor(map, { finished, changed }) {
    this.map = map;
    this.draws = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: PRECISION }),
      modes: [polygonMode(), selectMode()],
      undoRedo: { modeLevel: new TerraDrawModeUndoRedo() },
    });
    this.draws.on("finish", (id, context) => {
      const ring = this.ring(id);
      if (!ring) return;
      if (context.action === "draw") {
        // terra-draw is still at work on this feature: let it end first.
        queueMicrotask(() => finished(ring));
      } else {
        changed(ring);
      }
    });
  }

  draw() {
    this.start();
    this.draws.setMode("polygon");
  }

  edit(ring) {
    this.start();
    const vertices = [...ring, ring[0]].map((vertex) => vertex.map(rounded));
    const [added] = this.draws.addFeatures([
      {
        type: "Feature",
        properties: { mode: "polygon" },
        geometry: { type: "Polygon", coordinates: [vertices] },
      },
    ]);
    this.draws.setMode("select");
    if (added?.valid) this.draws.selectFeature(added.id);
  }

  /** Take back the last vertex; false when nothing is being drawn. */
  undo() {
    return this.draws.enabled && this.draws.undo();
  }

  /** End the outline at its last vertex, as Enter does: a phone has no such key. */
  close() {
    const options = { key: "Enter", bubbles: true };
    this.map.getCanvas().dispatchEvent(new KeyboardEvent("keyup", options));
  }

  stop() {
    if (this.draws.enabled) this.draws.stop();
  }

  start() {
    this.stop();
    this.draws.start();
  }

  ring(id) {
    const feature = this.draws.getSnapshotFeature(id);
    return feature?.geometry.coordinates[0].slice(0, -1);
  }
}

function rounded(number) {
  return Number(number.toFixed(PRECISION));
}

function polygonMode() {
  return new TerraDrawPolygonMode({
    keyEvents: { finish: "Enter", cancel: "Escape" },
    pointerDistance: HIT_PX,
    showCoordinatePoints: true,
    styles: {
      fillColor: COLOUR,
      fillOpacity: 0.2,
      outlineColor: COLOUR,
      outlineWidth: 2.5,
      closingPointColor: COLOUR,
      closingPointWidth: 7,
      coordinatePointColor: COLOUR,
      coordinatePointWidth: 5,
    },
  });
}

function selectMode() {
  return new TerraDrawSelectMode({
    pointerDistance: HIT_PX,
    flags: {
      polygon: {
        feature: { draggable: false, coordinates: { midpoints: true, draggable: true, deletable: true } },
      },
    },
    styles: {
      selectedPolygonColor: COLOUR,
      selectedPolygonFillOpacity: 0.2,
      selectedPolygonOutlineColor: COLOUR,
      selectedPolygonOutlineWidth: 2.5,
      selectionPointWidth: 8,
      selectionPointColor: "#ffffff",
      selectionPointOutlineColor: COLOUR,
      selectionPointOutlineWidth: 3,
      midPointWidth: 5,
      midPointColor: COLOUR,
    },
  });
}
