/**
 * Builds web/static/web/dist: our ES modules with their libraries, our style sheets, fonts, and
 * MapLibre's worker. Leaves the names of the pages' entries to web/assets/js/entries.
 *
 * Result: dist/<entry>.js, dist/<sheet>.css, dist/maplibre-gl-worker.js, dist/fonts/*.woff2
 */
import { build } from "esbuild";
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const assets = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(assets, "../..");
const modules = path.join(root, "node_modules");
const out = path.join(root, "web/static/web/dist");

const FONT = "@fontsource/source-sans-3/files/source-sans-3";
const FONT_FACES = ["400-normal", "400-italic", "600-normal", "700-normal"];
const FONT_SUBSETS = ["latin", "latin-ext"];

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  charset: "utf8",
  legalComments: "linked",
  logLevel: "warning",
};

async function files(folder, extension) {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(extension)).map((name) => path.join(folder, name));
}

async function buildScripts() {
  const entryPoints = await files(path.join(assets, "js/entries"), ".js");
  if (entryPoints.length === 0) return;
  await build({
    ...common,
    entryPoints,
    outdir: out,
    splitting: true,
    chunkNames: "chunk-[hash]",
  });
}

async function buildWorker() {
  await build({
    ...common,
    entryPoints: [path.join(modules, "maplibre-gl/dist/maplibre-gl-worker.mjs")],
    outfile: path.join(out, "maplibre-gl-worker.js"),
  });
}

async function buildStyles() {
  const entryPoints = await files(path.join(assets, "css"), ".css");
  if (entryPoints.length === 0) return;
  // Addresses of images and fonts stay as written: they are served beside the sheets.
  await build({ ...common, entryPoints, outdir: out, external: ["*.woff2", "*.svg", "*.png"] });
}

async function copyFonts() {
  const folder = path.join(out, "fonts");
  await mkdir(folder, { recursive: true });
  for (const subset of FONT_SUBSETS) {
    for (const face of FONT_FACES) {
      const name = `source-sans-3-${subset}-${face}.woff2`;
      await copyFile(path.join(modules, `${FONT}-${subset}-${face}.woff2`), path.join(folder, name));
    }
  }
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await Promise.all([buildScripts(), buildWorker(), buildStyles(), copyFonts()]);
