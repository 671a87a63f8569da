/**
 * The icon sprite: one SVG file with a <symbol> for each Lucide icon the product names.
 *
 * An icon is "named" when its name stands in quotes anywhere in templates, islands or Python (so that
 * `icon("a" if x else "b")` works too), after `icon:` in a template package, or on a line of `ui/icons.txt` (names that
 * come from stored definitions: the icons people may choose for an app or a table). A few quoted words that happen to be icon names cost
 * some hundred bytes each and nothing else.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const require = createRequire(import.meta.url);
const lucideFolder = join(dirname(require.resolve("lucide-static/package.json")), "icons");
const sources = /\.(html|ts|py|ya?ml)$/;
const quoted = /["'`]([a-z][a-z0-9]*(?:-[a-z0-9]+)*)["'`]|\bicon:\s*([a-z][a-z0-9-]*)/g;
const packages = ["ui", "runtime", "builder", "templates_market"];

const skipped = new Set(["static", "build", "locale", "__pycache__"]);

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return skipped.has(name) ? [] : filesBelow(path);
    return sources.test(name) && !name.endsWith(".test.ts") ? [path] : [];
  });
}

function allFiles(root: string): string[] {
  return packages.map((name) => join(root, name)).filter(existsSync).flatMap(filesBelow);
}

/** Names of Lucide icons that the packages below `root` (the repository) use, sorted. */
export function usedIcons(root: string): string[] {
  const names = new Set<string>();
  for (const file of allFiles(root)) {
    for (const match of readFileSync(file, "utf8").matchAll(quoted)) names.add(match[1] ?? match[2]!);
  }
  for (const line of readFileSync(join(root, "ui/icons.txt"), "utf8").split("\n")) {
    const name = line.trim();
    if (name && !name.startsWith("#")) names.add(name);
  }
  return [...names].filter((name) => existsSync(join(lucideFolder, `${name}.svg`))).sort();
}

/** True if Lucide has an icon of this name. */
export function lucideHas(name: string): boolean {
  return existsSync(join(lucideFolder, `${name}.svg`));
}

/** Our own glyphs: how far a record has come, readable without colour (12 x 12). */
const glyphs: Record<string, string> = {
  "state-start": '<circle cx="6" cy="6" r="4.75" stroke-width="1.5" stroke-dasharray="2 1.73"/>',
  "state-quarter":
    '<circle cx="6" cy="6" r="4.75" stroke-width="1.5"/><circle cx="6" cy="6" r="1.5" stroke-width="3" stroke-dasharray="2.35 9.42" transform="rotate(-90 6 6)"/>',
  "state-half":
    '<circle cx="6" cy="6" r="4.75" stroke-width="1.5"/><circle cx="6" cy="6" r="1.5" stroke-width="3" stroke-dasharray="4.71 9.42" transform="rotate(-90 6 6)"/>',
  "state-most":
    '<circle cx="6" cy="6" r="4.75" stroke-width="1.5"/><circle cx="6" cy="6" r="1.5" stroke-width="3" stroke-dasharray="7.07 9.42" transform="rotate(-90 6 6)"/>',
  "state-done":
    '<circle cx="6" cy="6" r="5.5" fill="currentColor" stroke="none"/><path d="M3.7 6.2 5.3 7.8 8.4 4.6" stroke="var(--o-bg, #fff)" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/>',
  "state-closed":
    '<circle cx="6" cy="6" r="4.75" stroke-width="1.5"/><path d="m4.4 4.4 3.2 3.2m0-3.2L4.4 7.6" stroke-width="1.5" stroke-linecap="round"/>',
  "state-back":
    '<path d="M2.2 4.1A4.4 4.4 0 1 1 1.6 6.6M2 1.6v2.6h2.6" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/>',
};

/** The product's own mark (24 x 24): rows of a table with a pulse through them. */
const mark =
  '<path d="M4 6h16M4 18h16M4 12h4l2-3.5 3 7 2-3.5h5" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"/>';

/** The text of the sprite for the sources below `root`. */
export function sprite(root: string): string {
  const symbols = usedIcons(root).map((name) => {
    const svg = readFileSync(join(lucideFolder, `${name}.svg`), "utf8");
    const inner = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s+/g, " ").trim()}</symbol>`;
  });
  for (const [name, inner] of Object.entries(glyphs)) {
    symbols.push(`<symbol id="${name}" viewBox="0 0 12 12" fill="none" stroke="currentColor">${inner}</symbol>`);
  }
  symbols.push(`<symbol id="mark" viewBox="0 0 24 24">${mark}</symbol>`);
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

/** Vite plugin: writes the sprite into the build (manifest key `icons.svg`) and serves it to the gallery. */
export function iconSprite(root: string): Plugin {
  return {
    name: "huobiao-icon-sprite",
    configureServer(server) {
      server.middlewares.use("/icons.svg", (_request, response) => {
        response.setHeader("Content-Type", "image/svg+xml");
        response.end(sprite(root));
      });
    },
    buildStart() {
      if (!this.meta.watchMode) return;
      for (const file of allFiles(root)) this.addWatchFile(file);
    },
    generateBundle() {
      this.emitFile({ type: "asset", name: "icons.svg", originalFileName: "icons.svg", source: sprite(root) });
    },
  };
}
