import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { iconSprite } from "./ui/build/icons.ts";
import { islandMessages } from "./ui/build/messages.ts";

const root = import.meta.dirname;
const islands = join(root, "ui/islands");

/** `app` on every page, and one entry for each `ui/islands/<name>/entry.ts` (a page asks for it with `island(name)`). */
function entries(): Record<string, string> {
  const found: Record<string, string> = { app: join(islands, "app.ts") };
  for (const folder of readdirSync(islands)) {
    const file = join(islands, folder, "entry.ts");
    if (existsSync(file)) found[folder] = file;
  }
  return found;
}

export default defineConfig(({ command }) => ({
  root,
  base: command === "build" ? "/static/dist/" : "/",
  publicDir: false,
  plugins: [iconSprite(root), islandMessages(islands)],
  build: {
    outDir: "ui/static/dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: { input: entries() },
  },
  server: { host: "127.0.0.1" },
  test: { environment: "happy-dom", include: ["ui/islands/**/*.test.ts"], setupFiles: ["ui/islands/testing.ts"] },
}));
